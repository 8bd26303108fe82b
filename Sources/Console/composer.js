// Where a person writes to the agent. A text leaves the box only when the server has it.

import { h } from './dom.js'
import * as rest from './rest.js'

const MAXIMUM_HEIGHT = 240

export class Composer {
  element
  #desk
  #id
  #text
  #send
  /** The same text sent again after a lost answer is the same message. */
  #attempt = null

  /** `sent(text, answer)` is called with REST's answer. */
  constructor(desk, id, sent) {
    this.#desk = desk
    this.#id = id
    this.sent = sent
    this.#text = h('textarea', {
      rows: 1, placeholder: 'Message', enterkeyhint: 'send', aria: { label: 'Message' },
      oninput: () => this.#fit(), onkeydown: (event) => this.#pressed(event),
    })
    this.#send = h('button', { class: 'primary' }, 'Send')
    this.element = h('form', { class: 'composer', onsubmit: (event) => this.#submit(event) },
      this.#text, this.#send)
    this.#text.value = drafts.get(id) ?? ''
    queueMicrotask(() => this.#fit())
  }

  focus() { this.#text.focus() }

  /** Sends what is not in the box: something again. */
  async send(text) {
    if (this.#attempt?.text !== text) this.#attempt = { text, id: crypto.randomUUID() }
    const answer = await rest.send(this.#id, { text, clientMessageId: this.#attempt.id })
    this.#attempt = null
    this.sent(text, answer)
  }

  /** Enter sends where there is a keyboard; on a phone it breaks the line. */
  #pressed(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    if (matchMedia('(pointer: coarse)').matches) return
    this.#submit(event)
  }

  async #submit(event) {
    event.preventDefault()
    const text = this.#text.value
    if (!text.trim() || this.#send.disabled) return
    this.#send.disabled = true
    try {
      await this.send(text)
      if (this.#text.value === text) this.#text.value = ''
      this.#fit()
    } catch (error) {
      this.#desk.fail('The message was not sent', error)
    } finally {
      this.#send.disabled = false
    }
  }

  #fit() {
    drafts.set(this.#id, this.#text.value)
    this.#text.style.height = 'auto'
    this.#text.style.height = `${Math.min(MAXIMUM_HEIGHT, this.#text.scrollHeight + 2)}px`
  }
}

/** What was begun in a session is there when somebody comes back to it, as long as the page lives. */
const drafts = new Map()
