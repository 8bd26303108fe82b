// Channels and who listens to them: each handler has a position of its own, and gets every
// publication after it once and in order, or is told that there is a gap. Pure.

import { backoffDelay, isPassing, POLICY } from './policy.js'

const CAP = 'MAX_SUBSCRIPTIONS_REACHED'

/** One channel: what the server was asked on this connection, and where its stream stands. */
const newSubscription = (channel) => ({
  channel,
  handlers: [],
  epoch: null,
  position: null,     // last offset of the stream on this connection; null while not joined
  isHeld: false,      // whether the server may hold it: then it replays nothing to another subscribe
  pending: null,      // {id, isFresh, since, by} of the subscribe that is not answered
  retryAt: Infinity,
  attempts: 0,
  gaps: 0,            // in a row, without a publication in between
  failure: null,
})

export class Subscriptions {
  #channels = new Map()
  #isUp = false

  /** `send(command)`, `act(action)`, and `abandon(now, message)` for a server that answers nothing. */
  constructor({ random, backoff, act, send, abandon, nextId }) {
    Object.assign(this, { random, backoff, act, send, abandon, nextId })
  }

  /** When `tick` wants to be called. */
  get deadline() {
    let least = Infinity
    for (const { pending, retryAt } of this.#channels.values()) {
      least = Math.min(least, retryAt, pending?.by ?? Infinity)
    }
    return least
  }

  /**
   * One more listener. `notify` takes its messages at once instead of an action: for the outbox,
   * which also needs no word of its own from the server where the channel is joined already.
   */
  add(channel, { since = null, recover = true, notify = null, tag = null } = {}, now) {
    const cursor = since && { epoch: since.epoch, offset: since.offset }
    const handler = { channel, cursor, recover, notify, tag, awaits: true, hasLost: false }
    let one = this.#channels.get(channel)
    if (!one) this.#channels.set(channel, one = newSubscription(channel))
    one.handlers.push(handler)
    if (!this.#isUp) return handler
    if (notify && one.position !== null) {
      handler.awaits = false
      handler.cursor = { epoch: one.epoch, offset: one.position }
    } else if (one.retryAt === Infinity || notify) {
      if (!this.#covers(one.pending, cursor)) this.#ask(one, now)
    }
    return handler
  }

  dispose(handler, now) {
    const one = this.#channels.get(handler.channel)
    if (!one?.handlers.includes(handler)) return
    one.handlers = one.handlers.filter((other) => other !== handler)
    if (one.handlers.length > 0) return
    this.#channels.delete(handler.channel)
    if (!this.#isUp || !one.isHeld) return
    this.send({ type: 'unsubscribe', channel: one.channel }, now)
    for (const other of this.#channels.values()) {
      if (other.failure === CAP) return this.#ask(other, now)
    }
  }

  /** Ends every listener of a channel but the outbox's. */
  disposeAll(channel, now) {
    for (const handler of this.#channels.get(channel)?.handlers ?? []) {
      if (!handler.notify) this.dispose(handler, now)
    }
  }

  up(now) {
    this.#isUp = true
    for (const one of this.#channels.values()) this.#ask(one, now)
  }

  down() {
    this.#isUp = false
    for (const one of this.#channels.values()) {
      this.#leave(one, false)
      one.attempts = one.gaps = 0
      one.retryAt = Infinity
    }
  }

  subscribed(message, now) {
    const { channel, epoch, offset, recovered } = message.payload
    const one = this.#channels.get(channel)
    const pending = one?.pending
    if (!pending || message.id !== pending.id) return
    one.pending = null
    one.attempts = 0
    const isFresh = pending.isFresh || epoch !== one.epoch
    if (isFresh) one.position = recovered && pending.since ? pending.since.offset : offset
    one.epoch = epoch
    for (const handler of one.handlers) {
      if (!isFresh && !handler.awaits) continue
      const { cursor } = handler
      const isKept = recovered && cursor?.epoch === epoch && cursor.offset <= offset
      const gap = handler.hasLost || (cursor !== null && !isKept)
      if (!isKept) handler.cursor = { epoch, offset }
      const isNews = handler.awaits || gap
      handler.awaits = handler.hasLost = false
      if (isNews) this.#tell(handler, { ...message, gap }, now)
    }
  }

  publication(message, now) {
    const one = this.#channels.get(message.channel)
    if (!one || one.position === null || message.offset <= one.position) return
    if (message.offset > one.position + 1) {
      if (!one.pending?.isFresh) this.#skipped(one, message.offset, now)
      return
    }
    one.position = message.offset
    one.gaps = 0
    for (const handler of one.handlers) {
      if (handler.awaits || handler.cursor.offset >= message.offset) continue
      handler.cursor.offset = message.offset
      this.#tell(handler, message, now)
    }
  }

  /** An `error`: the reply to a subscribe, or, without an id, the server's end of a subscription. */
  refused(message, now) {
    const { id, channel, payload: { code } } = message
    const isReply = id !== undefined
    const one = isReply
      ? [...this.#channels.values()].find(({ pending }) => pending?.id === id)
      : this.#channels.get(channel)
    if (!one) return
    const willRetry = isPassing(code)
    // A passing trouble with a second handler's subscribe is not the others'.
    const goesOn = isReply && willRetry && !one.pending.isFresh
    const concerned = goesOn ? one.handlers.filter(({ awaits }) => awaits) : one.handlers
    // A subscribe may be on its way still: unless it is undone first, the next one replays nothing.
    if (goesOn) one.pending = null
    else this.#leave(one, !isReply && one.pending !== null)
    one.failure = willRetry ? null : code
    one.retryAt = willRetry ? this.#later(one.attempts++, now) : Infinity
    for (const handler of concerned) this.#tell(handler, { ...message, willRetry }, now)
  }

  tick(now) {
    for (const one of this.#channels.values()) {
      if (now >= one.pending?.by) {
        return this.abandon(now, `no answer to the subscribe of ${one.channel}`)
      }
      if (now >= one.retryAt) this.#ask(one, now)
    }
  }

  /** Whether the subscribe on its way places a new handler too. */
  #covers(pending, cursor) {
    if (!pending || !cursor) return pending !== null
    const { isFresh, since } = pending
    return isFresh && since?.epoch === cursor.epoch && since.offset <= cursor.offset
  }

  /** Joins anew from the least position, or only asks where a channel is that goes on meanwhile. */
  #ask(one, now) {
    const isFresh = one.position === null
      || one.handlers.some((handler) => handler.awaits && handler.cursor)
    if (isFresh && one.isHeld) this.send({ type: 'unsubscribe', channel: one.channel }, now)
    const since = isFresh ? this.#leastCursor(one) : null
    const command = { type: 'subscribe', id: this.nextId('s'), channel: one.channel }
    if (since) command.since = since
    one.isHeld = true
    one.failure = null
    one.retryAt = Infinity
    one.pending = { id: command.id, isFresh, since, by: now + POLICY.subscribeTimeoutMs }
    this.send(command, now)
  }

  /** Of the epoch that the channel had last; else of the first handler that has a position. */
  #leastCursor(one) {
    const cursors = one.handlers.map(({ cursor }) => cursor).filter(Boolean)
    const epoch = cursors.some((cursor) => cursor.epoch === one.epoch) ? one.epoch : cursors[0]?.epoch
    const offsets = cursors.filter((cursor) => cursor.epoch === epoch).map(({ offset }) => offset)
    return offsets.length ? { epoch, offset: Math.min(...offsets) } : null
  }

  /** The stream has a hole: what was skipped is asked for, with patience the second time. */
  #skipped(one, offset, now) {
    const message = `${one.channel} went from ${one.position} to ${offset}`
    this.act({ do: 'error', event: { code: 'GAP_DETECTED', channel: one.channel, message } })
    one.position = null
    if (one.gaps++ === 0) return this.#ask(one, now)
    one.pending = null
    one.retryAt = this.#later(one.gaps - 2, now)
  }

  /** Not joined any more; handlers that do not recover forget where they were. */
  #leave(one, isHeld) {
    one.isHeld = isHeld
    one.position = one.pending = null
    for (const handler of one.handlers) {
      handler.awaits = true
      if (handler.recover || !handler.cursor) continue
      handler.cursor = null
      handler.hasLost = true
    }
  }

  #later(attempt, now) { return now + backoffDelay(attempt, this.random, this.backoff) }

  #tell(handler, message, now) {
    if (handler.notify) handler.notify(message, now)
    else this.act({ do: 'tell', handler, message })
  }
}
