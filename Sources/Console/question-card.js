// A permission question: what exactly would run, how long it waits, and three answers.

import { everySecond } from './clock.js'
import { h, icon, setText } from './dom.js'
import { countdown } from './format.js'
import { keyOf } from './questions.js'
import { addressOf } from './router.js'
import { exactLine, questionText } from './visible.js'
import { titleOf } from './words.js'

/** Of the digest of the tool's name and its exact input: enough to tell calls apart; the title has all. */
const SHOWN_DIGITS = 16

const keycap = (letter) => h('kbd', { aria: { hidden: 'true' } }, letter)

/** `{element, update(), end()}`; `withSession` names the session and leads there. */
export function questionCard(desk, question, { withSession }) {
  const session = () => titleOf(desk.sessions.value.get(question.sessionId))
  const mayAnswer = desk.may('permissions:respond')
  const answer = (...decision) => () => desk.answer(question, ...decision)
  const buttons = mayAnswer ? [
    h('button', { type: 'button', class: 'primary', onclick: answer(true), data: { action: 'allow' }, aria: { keyshortcuts: 'Y' } }, 'Allow', keycap('Y')),
    h('button', { type: 'button', onclick: answer(true, true), data: { action: 'always' }, aria: { keyshortcuts: 'A' } }, 'Always allow', keycap('A')),
    h('button', { type: 'button', class: 'deny', onclick: answer(false), data: { action: 'deny' }, aria: { keyshortcuts: 'N' } }, 'Deny', keycap('N')),
  ] : []
  const left = h('span', { class: 'left', data: { part: 'countdown' } })
  const state = h('span', { class: 'answering' })
  const title = h('p', { class: 'question-title' }, icon('waiting'), h('strong', {}, exactLine(question.toolName)),
    withSession && h('span', { class: 'where' }, ' in ',
      h('a', { href: addressOf({ view: 'session', id: question.sessionId }) }, session())),
    left)
  const element = h('div', {
    class: 'question', role: 'group', tabindex: -1, data: { request: question.requestId },
    aria: { label: `Permission question: ${exactLine(question.toolName)} in ${session()}` },
  }, title,
  question.command && h('pre', { class: 'command', tabindex: 0, role: 'group', 'aria-label': 'What would run', data: { part: 'command' } }, questionText(question.command)),
  question.description && h('p', { class: 'description', tabindex: question.description.length > 200 ? 0 : null, data: { part: 'description' } }, questionText(question.description)),
  question.inputDigest && h('p', { class: 'fingerprint' }, 'This exact call: ',
    h('code', { title: question.inputDigest, data: { part: 'digest' } }, exactLine(question.inputDigest.slice(0, SHOWN_DIGITS)))),
  mayAnswer && h('p', { class: 'hint', data: { part: 'remembers' } }, question.remembers
    ? ['“Always allow” remembers ', h('code', {}, exactLine(question.remembers))]
    : '“Always allow” can remember nothing of this: it counts once.'),
  h('div', { class: 'answers' }, buttons, state,
    h('span', { class: 'keys-hint', aria: { hidden: 'true' } }, keycap('F8'), ' from anywhere')))

  const stop = everySecond(() => {
    if (!question.expiresAt) {
      setText(left, 'waits without limit')
      return
    }
    const rest = Date.parse(question.expiresAt) - desk.realtime.now()
    setText(left, `${countdown(rest)} left`)
    element.classList.toggle('is-short', rest < 15_000)
  })
  return {
    element,
    update({ state: now }) {
      // A button that is disabled loses the focus: the question keeps it until it is gone.
      if (now === 'answering' && buttons.includes(document.activeElement)) element.focus()
      for (const each of buttons) each.disabled = now === 'answering'
      setText(state, now === 'answering' ? 'Sending the answer…' : '')
    },
    end: stop,
  }
}

/** Keeps a list of cards in step with open questions; `afterFocused` takes the focus of one that ends. */
export class QuestionCards {
  #desk
  #list
  #options
  #cards = new Map()

  constructor(desk, list, options) {
    this.#desk = desk
    this.#list = list
    this.#options = options
  }

  show(questions) {
    const keys = new Set(questions.map(keyOf))
    for (const [key, card] of this.#cards) if (!keys.has(key)) this.#remove(key, card)
    for (const question of questions) {
      let card = this.#cards.get(keyOf(question))
      if (!card) {
        card = questionCard(this.#desk, question, this.#options)
        this.#cards.set(keyOf(question), card)
        this.#list.append(card.element)
      }
      card.update(question)
    }
  }

  end() {
    for (const card of this.#cards.values()) card.end()
    this.#cards.clear()
    this.#list.replaceChildren()
  }

  /** The focus never goes on to another question by itself: a key pressed twice would answer that too. */
  #remove(key, card) {
    const hadFocus = card.element.contains(document.activeElement)
    card.end()
    card.element.remove()
    this.#cards.delete(key)
    if (hadFocus) this.#options.afterFocused()
  }
}
