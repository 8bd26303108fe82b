// The team's sessions as a model: what is loaded, how it changes, what a search shows. No DOM here.

import { searchText } from './search-text.js'
import { STATUSES, titleOf } from './words.js'

/** What needs a person comes first, then what is at work, then what rests. */
const URGENCY = ['waiting', 'running', 'failed', 'interrupted', 'idle']

const latest = (session) => session.lastMessageAt ?? session.createdAt

export class SessionList {
  #sessions = new Map()

  get size() { return this.#sessions.size }

  get(id) { return this.#sessions.get(id) }

  /** From REST, or from an event; an older state of a session never replaces a newer one. */
  put(session) {
    const known = this.#sessions.get(session.id)
    if (known && known.updatedAt > session.updatedAt) return false
    this.#sessions.set(session.id, session)
    return true
  }

  remove(id) { return this.#sessions.delete(id) }

  /** How many are in each state; `all` of them. */
  counts() {
    const counts = new Map([['all', this.#sessions.size], ...[...STATUSES.keys()].map((status) => [status, 0])])
    for (const { status } of this.#sessions.values()) counts.set(status, (counts.get(status) ?? 0) + 1)
    return counts
  }

  /** The latest first; waiting ones before all others, so that they are seen. */
  shown({ text = '', status = 'all' } = {}) {
    const wanted = searchText(text.trim())
    return [...this.#sessions.values()]
      .filter((session) => (status === 'all' || session.status === status)
        && (!wanted || searchText(titleOf(session)).includes(wanted) || session.id === text.trim()))
      .sort((a, b) => this.#isFirst(b) - this.#isFirst(a) || latest(b).localeCompare(latest(a)))
  }

  #isFirst(session) { return session.status === 'waiting' ? 1 : 0 }
}

/** For the sign at the edge of the window: the most urgent state there is. */
export const mostUrgent = (counts) => URGENCY.find((status) => counts.get(status) > 0) ?? 'idle'
