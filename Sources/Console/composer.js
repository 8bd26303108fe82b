// Where a person writes to the agent. No text is lost: what the server did not take comes back.

import { h } from './dom.js'
import * as rest from './rest.js'

const MAXIMUM_HEIGHT = 240

export class Composer {
  element
  #desk
  #id
  #text
  #last = Promise.resolve()
  /** Texts whose answer never came, and their ids: sent again, each is the same message. */
  #failed = new Map()

  /** `sent(text, answer)` is called with REST's answer. */
  constructor(desk, id, sent) {
    this.#desk = desk
    this.#id = id
    this.sent = sent
    this.#text = h('textarea', {
      rows: 1, placeholder: 'Message', enterkeyhint: 'send', aria: { label: 'Message' },
      oninput: () => this.#fit(), onkeydown: (event) => this.#pressed(event),
    })
    this.element = h('form', { class: 'composer', onsubmit: (event) => this.#submit(event) },
      this.#text, h('button', { class: 'primary' }, 'Send'))
    this.#text.value = desk.drafts.get(id) ?? ''
    queueMicrotask(() => this.#fit())
  }

  focus() { this.#text.focus() }

  /** One after the other, in the order written; resolves when the server has it. */
  send(text) {
    const sending = this.#last.then(() => this.#post(text))
    this.#last = sending.catch(() => {})
    return sending
  }

  async #post(text) {
    const clientMessageId = this.#failed.get(text) ?? crypto.randomUUID()
    try {
      const answer = await rest.send(this.#id, { text, clientMessageId })
      this.#failed.delete(text)
      this.sent(text, answer)
    } catch (error) {
      this.#failed.set(text, clientMessageId)
      throw error
    }
  }

  /** Enter sends where there is a keyboard; on a phone it breaks the line. */
  #pressed(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    if (matchMedia('(pointer: coarse)').matches) return
    this.#submit(event)
  }

  /** The box is free for the next message at once; a text that was not taken comes back to it. */
  async #submit(event) {
    event.preventDefault()
    const text = this.#text.value
    if (!text.trim()) return
    this.#write('')
    try {
      await this.send(text)
    } catch (error) {
      this.#write([text, this.#text.value].filter(Boolean).join('\n'))
      this.#desk.fail('The message was not sent', error)
    }
  }

  #write(text) {
    this.#text.value = text
    this.#fit()
  }

  #fit() {
    this.#desk.drafts.set(this.#id, this.#text.value)
    this.#text.style.height = 'auto'
    this.#text.style.height = `${Math.min(MAXIMUM_HEIGHT, this.#text.scrollHeight + 2)}px`
  }
}
