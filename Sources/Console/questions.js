// Open questions of all the team's sessions, as a model: each ends once, whoever answers. No DOM here.

export class Questions {
  #open = new Map()        // requestId → {requestId, sessionId, toolName, command, description, …}

  /** The oldest first: it runs out first. */
  get all() { return [...this.#open.values()] }

  get size() { return this.#open.size }

  of(sessionId) { return this.all.filter((question) => question.sessionId === sessionId) }

  countOf(sessionId) { return this.of(sessionId).length }

  /** True where it is news. */
  asked(question) {
    if (this.#open.has(question.requestId)) return false
    this.#open.set(question.requestId, { ...question, state: 'open' })
    return true
  }

  ended(requestId) { return this.#open.delete(requestId) }

  /** All that are open in a session, or in all of them where `sessionId` is null: REST said so. */
  replace(sessionId, questions) {
    const kept = new Set(questions.map((question) => question.requestId))
    for (const question of this.all) {
      const isMeant = sessionId === null || question.sessionId === sessionId
      if (isMeant && !kept.has(question.requestId)) this.#open.delete(question.requestId)
    }
    return questions.filter((question) => this.asked({ sessionId, ...question }))
  }

  /** `open`, or `answering` while an answer is on its way. */
  setState(requestId, state) {
    const question = this.#open.get(requestId)
    if (question) question.state = state
  }
}
