// Messages that wait for their turn, each of which can be taken back.

import { button, fill, h } from './dom.js'
import * as rest from './rest.js'

export class QueueView {
  element
  #list
  #desk
  #id
  #feed
  #changed
  #shown = ''

  constructor(desk, id, feed, changed) {
    this.#desk = desk
    this.#id = id
    this.#feed = feed
    this.#changed = changed
    this.#list = h('ol', { aria: { label: 'Waiting messages' } })
    this.element = h('div', { class: 'queue', hidden: true },
      h('p', { class: 'queue-title', aria: { hidden: 'true' } }, 'Waiting for their turn'), this.#list)
  }

  show(messages) {
    const shown = messages.map(({ messageId }) => messageId).join()
    if (shown === this.#shown) return
    this.#shown = shown
    this.element.hidden = messages.length === 0
    fill(this.#list, messages.map((message) =>
      h('li', { data: { message: message.messageId } }, h('span', { class: 'queued-text' }, message.text),
        this.#desk.may('sessions:write') && button('Take back', () => this.#takeBack(message), { class: 'quiet small' }))))
  }

  async #takeBack({ messageId }) {
    try {
      await rest.takeBack(this.#id, messageId)
      this.#feed.transcript.takenBack(messageId)
      this.#changed()
    } catch (error) {
      this.#desk.fail('The message was not taken back', error)
    }
  }
}
