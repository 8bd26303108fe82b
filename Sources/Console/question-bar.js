// Questions of sessions that are not open, above every view: nobody has to look for them.

import { announce } from './announcer.js'
import { element } from './page.js'
import { QuestionCards } from './question-card.js'
import { keyOf } from './questions.js'
import { exactLine } from './visible.js'
import { titleOf } from './words.js'

export class QuestionBar {
  #desk
  #cards
  #openSession = null
  #known = new Set()
  #unwatch

  constructor(desk) {
    this.#desk = desk
    this.#cards = new QuestionCards(desk, element('question-bar'), {
      withSession: true,
      afterFocused: () => element('main').querySelector('h1')?.focus(),
    })
    this.#unwatch = desk.questions.watch(() => this.#show())
  }

  /** The open session shows its own questions. */
  setOpenSession(id) {
    this.#openSession = id
    this.#show()
  }

  end() {
    this.#unwatch()
    this.#cards.end()
    element('question-bar').hidden = true
  }

  #show() {
    const all = this.#desk.questions.value.all
    const elsewhere = all.filter((question) => question.sessionId !== this.#openSession)
    element('question-bar').hidden = elsewhere.length === 0
    this.#cards.show(elsewhere)
    for (const question of all) {
      if (this.#known.has(keyOf(question))) continue
      const { sessionId, toolName } = question
      const session = titleOf(this.#desk.sessions.value.get(sessionId))
      announce(`Permission question: ${exactLine(toolName)} in ${session}. Press F8 to answer.`)
    }
    this.#known = new Set(all.map(keyOf))
  }
}
