// What the console knows while somebody is signed in: the sessions, the open questions, the
// connection. Views watch the stores; nothing here touches the page.

import { People } from './people.js'
import { Questions } from './questions.js'
import { Realtime } from './realtime.js'
import * as rest from './rest.js'
import { SessionList } from './session-list.js'
import { Store } from './store.js'

const PAGE = 100

export class Desk {
  sessions = new Store(new SessionList())
  questions = new Store(new Questions())
  /** What was begun in a session's box is there when somebody comes back to it. */
  drafts = new Map()
  /** The channels of the event view. */
  watched = new Set()
  /** Where the next page of sessions begins: null when all are here, undefined before the first. */
  nextPage = undefined
  /** `session_updated` and the like, for the view of a session. */
  onSessionEvent = () => {}
  /** A question that is new to this page, for notifications. */
  onAsked = () => {}

  #touched = new Map()     // heard of since the list was last asked for
  #isBehind = new Set()    // sessions whose questions are being read

  constructor(me, fail, realtime = new Realtime()) {
    this.me = me
    this.people = new People(me)
    this.fail = fail
    this.realtime = realtime
  }

  may(scope) { return this.me.scopes.includes(scope) }

  start() {
    this.realtime.subscribe(`team:${this.me.teamId}`, (message) => this.#received(message))
    this.realtime.start()
  }

  stop() { this.realtime.stop() }

  /** A question that is open in a session; told by the session's own channel or by REST. */
  asked(question) {
    if (!this.questions.value.asked(question)) return
    this.questions.set(this.questions.value)
    this.onAsked(question)
  }

  /** Of a question only `sessionId` and `requestId` are looked at. */
  ended(question) {
    if (this.questions.value.ended(question)) this.questions.set(this.questions.value)
  }

  /** A session's snapshot has all that are open in it. */
  questionsOf(sessionId, open) {
    const news = this.questions.value.replace(sessionId, open)
    this.questions.set(this.questions.value)
    for (const question of news) this.onAsked(question)
  }

  /** Sends an answer until the server has it; whoever was first is told to everybody by the channel. */
  async answer(question, allowed, alwaysAllow = false) {
    const { requestId, sessionId } = question
    this.#setState(question, 'answering')
    try {
      const { outcome } = await this.realtime.answer({ sessionId, requestId, allowed, alwaysAllow })
      this.ended(question)
      if (outcome === 'already_resolved') this.fail('Somebody else had answered that question first.')
      if (outcome === 'timeout') this.fail('The question had timed out before the answer came.')
    } catch (error) {
      this.#setState(question, 'open')
      this.fail('The answer was not taken', error)
    }
  }

  /** Another page of sessions. */
  async loadMore(parameters = {}) {
    const page = await rest.sessions({ limit: PAGE, cursor: this.nextPage, ...parameters })
    for (const session of page.items) this.sessions.value.put(session)
    if (!('q' in parameters) && !('status' in parameters)) this.nextPage = page.nextCursor
    this.sessions.set(this.sessions.value)
  }

  /** What the server has that is not loaded yet. */
  async search({ text, status }) {
    if (!this.nextPage) return
    await this.loadMore({
      cursor: undefined, q: text.trim(), ...(status !== 'all' && { status }),
    })
  }

  put(session) {
    this.#touched.set(session.id, session)
    if (this.sessions.value.put(session)) this.sessions.set(this.sessions.value)
  }

  #setState(question, state) {
    this.questions.value.setState(question, state)
    this.questions.set(this.questions.value)
  }

  #received(message) {
    switch (message.type) {
      case 'subscribed':
        if (message.gap || this.nextPage === undefined) this.#readAgain()
        return
      case 'session_created':
      case 'session_updated':
        this.put(message.session)
        this.#compareQuestions(message.session)
        this.onSessionEvent(message)
        return
      case 'session_deleted':
        this.#touched.delete(message.session.id)
        this.sessions.value.remove(message.session.id)
        this.sessions.set(this.sessions.value)
        this.questionsOf(message.session.id, [])
        this.onSessionEvent(message)
    }
  }

  async #readAgain() {
    if (!this.may('sessions:read')) return
    try {
      const touched = this.#touched = new Map()
      const [page, questions] = await Promise.all(
        [rest.sessions({ limit: PAGE }), rest.questions()])
      const urgent = page.nextCursor ? await Promise.all(
        ['waiting', 'running'].map((status) => rest.sessions({ limit: PAGE, status }))) : []
      const list = new SessionList()
      for (const session of [...page.items, ...urgent.flatMap(({ items }) => items), ...touched.values()]) {
        list.put(session)
      }
      this.nextPage = page.nextCursor
      this.sessions.set(list)
      for (const question of this.questions.value.replace(null, questions.items)) this.onAsked(question)
      this.questions.set(this.questions.value)
    } catch (error) {
      this.fail('The sessions could not be read', error)
    }
  }

  /** The team's channel tells how many questions a session has: which ones, REST does. */
  async #compareQuestions({ id, pendingPermissions }) {
    if (pendingPermissions === 0) {
      if (this.questions.value.countOf(id)) this.questionsOf(id, [])
      return
    }
    if (pendingPermissions === this.questions.value.countOf(id) || this.#isBehind.has(id)) return
    this.#isBehind.add(id)
    try {
      const { items } = await rest.questionsOf(id)
      this.questionsOf(id, items)
    } catch (error) {
      if (error.status !== 404) this.fail('The open questions could not be read', error)
    } finally {
      this.#isBehind.delete(id)
    }
  }
}
