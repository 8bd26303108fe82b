// Open questions of all the team's sessions, as a model: each ends once, whoever answers. No DOM here.

/** A request's id is its session's own: two sessions may well use the same one. */
export const keyOf = ({ sessionId, requestId }) => `${sessionId}/${requestId}`

export class Questions {
  #open = new Map()        // key → {sessionId, requestId, toolName, command, description, expiresAt, state}

  /** The oldest first: it runs out first. */
  get all() { return [...this.#open.values()] }

  get size() { return this.#open.size }

  of(sessionId) { return this.all.filter((question) => question.sessionId === sessionId) }

  countOf(sessionId) { return this.of(sessionId).length }

  /** True where it is news. */
  asked(question) {
    if (this.#open.has(keyOf(question))) return false
    this.#open.set(keyOf(question), { ...question, state: 'open' })
    return true
  }

  ended(question) { return this.#open.delete(keyOf(question)) }

  /** All that are open in a session, or in all of them where `sessionId` is null; gives the new ones. */
  replace(sessionId, questions) {
    const listed = questions.map((question) => ({ ...question, sessionId: question.sessionId ?? sessionId }))
    const kept = new Set(listed.map(keyOf))
    for (const question of this.all) {
      const isMeant = sessionId === null || question.sessionId === sessionId
      if (isMeant && !kept.has(keyOf(question))) this.ended(question)
    }
    return listed.filter((question) => this.asked(question))
  }

  /** `open`, or `answering` while an answer is on its way. */
  setState(key, state) {
    const question = this.#open.get(keyOf(key))
    if (question) question.state = state
  }
}
