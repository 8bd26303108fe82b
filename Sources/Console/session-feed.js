// Keeps one session's transcript true: joins its channel, reads REST where history is missing, and
// lets every publication take effect once and in order.

import * as rest from './rest.js'
import { Transcript } from './transcript.js'

const PAGE = 50, RECENT = 200, RECENT_PAGES = 4
const FIRST_RETRY = 1_000, LAST_RETRY = 10_000

export class SessionFeed {
  transcript = new Transcript()
  /** 'loading', 'ready', 'missing' (no such session) or 'forbidden'. */
  state = 'loading'
  /** What went wrong with the last read, until one succeeds. */
  problem = null

  #desk
  #id
  #changed
  #subscription = null
  #held = null             // publications that came while REST was read
  #round = 0
  #older = null            // where the page before begins
  #isLoadingOlder = false
  #retry = null

  /** `changed()` is called after every change; `transcript.takeChanges()` says which. */
  constructor(desk, id, changed) {
    this.#desk = desk
    this.#id = id
    this.#changed = changed
  }

  open() {
    this.#subscription = this.#desk.realtime.subscribe(
      `session:${this.#id}`, (message) => this.#received(message))
  }

  close() {
    this.#round++
    clearTimeout(this.#retry)
    this.#subscription?.dispose()
  }

  /** The page before; resolves when it is there. */
  async loadOlder() {
    if (!this.#older || this.#isLoadingOlder || this.#held) return
    this.#isLoadingOlder = true
    const round = this.#round
    try {
      const page = await rest.messages(this.#id, { limit: PAGE, cursor: this.#older })
      if (round !== this.#round) return
      this.#older = page.nextCursor
      this.transcript.prepend(page.items.reverse(), page.nextCursor !== null)
      this.#changed()
    } finally {
      this.#isLoadingOlder = false
    }
  }

  /** What waits, as it is now: nobody publishes that a message was taken back. */
  refreshQueue() {
    const once = this.#desk.realtime.subscribe(`session:${this.#id}`, ({ type, payload }) => {
      if (type !== 'subscribed') return
      queueMicrotask(() => once.dispose())
      if (this.#held || !payload.snapshot) return
      this.transcript.setQueue(payload.snapshot.queuedMessages)
      this.#changed()
    })
  }

  #received(message) {
    if (message.type === 'subscribed') {
      if (message.gap || this.state === 'loading') this.#join(message.payload)
    } else if (message.offset === undefined) {
      this.#refused(message)
    } else if (this.#held) {
      this.#held.push(message)
    } else {
      this.#apply(message)
      this.#changed()
    }
  }

  #refused({ payload, willRetry }) {
    this.problem = payload.message
    if (!willRetry) this.state = payload.code === 'CHANNEL_FORBIDDEN' ? 'missing' : 'forbidden'
    this.#changed()
  }

  /** From here on the snapshot and what is held are the session; REST has what was before. */
  #join(joined) {
    this.#held = []
    this.#read(joined, ++this.#round, FIRST_RETRY)
  }

  async #read(joined, round, patience) {
    try {
      const [session, page, recent, questions] = await Promise.all([
        rest.readSession(this.#id), rest.messages(this.#id, { limit: PAGE }), this.#recent(joined),
        this.#questions(joined.snapshot)])
      if (round === this.#round) this.#begin(session, page, recent, joined.snapshot, questions)
    } catch (error) {
      if (round !== this.#round) return
      this.problem = error.message
      if (error.status === 404) this.state = 'missing'
      else this.#retry = setTimeout(() => this.#read(joined, round, Math.min(LAST_RETRY, patience * 2)), patience)
      this.#changed()
    }
  }

  /** The latest events know what messages do not: why a run failed, who allowed what, durations. */
  async #recent({ channel, epoch, offset }) {
    try {
      const events = []
      let place = { since: `${epoch}:${Math.max(0, offset - RECENT)}` }
      // Pages of long events are short; what a few of them do not reach, nobody waits for.
      for (let pages = 0; place && pages < RECENT_PAGES; pages++) {
        const { items, nextCursor } = await rest.history(channel, { ...place, limit: RECENT })
        events.push(...items)
        place = nextCursor && events.length < RECENT ? { cursor: nextCursor } : null
      }
      return events.filter((event) => event.offset <= offset)
    } catch {
      return []   // the messages are all there without them
    }
  }

  /** A snapshot has room for so many questions; REST has all of them. */
  async #questions(snapshot) {
    return snapshot?.omitted?.pendingPermissions ? (await rest.questionsOf(this.#id)).items
      : snapshot?.pendingPermissions
  }

  #begin(session, page, recent, snapshot, questions) {
    this.#older = page.nextCursor
    this.transcript.reset({
      session, snapshot, recent, messages: page.items.reverse(), hasOlder: page.nextCursor !== null,
    })
    this.#desk.put(session)
    if (questions) this.#desk.questionsOf(this.#id, questions)
    const held = this.#held
    this.#held = null
    this.state = 'ready'
    this.problem = null
    for (const message of held) this.#apply(message)
    this.#changed()
  }

  #apply(message) {
    this.transcript.apply(message)
    if (message.type === 'permission_request') this.#desk.asked({ sessionId: this.#id, ...message.request })
    if (message.type.startsWith('permission_') && message.requestId) this.#desk.ended({ sessionId: this.#id, requestId: message.requestId })
  }
}
