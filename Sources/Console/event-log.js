// The latest events of the watched channels, newest first, a bounded number of them.

import { h, setText } from './dom.js'
import { clockTime, plural } from './format.js'
import { beginning, exactLine, exactText } from './visible.js'

const KEPT = 500, SHOWN = 200
const ENVELOPE = new Set(['type', 'channel', 'timestamp', 'eventId', 'encoding', 'offset', 'id', 'gap', 'willRetry'])

export class EventLog {
  isPaused = false
  #events = []
  #missed = 0              // while paused
  #nodes = new Map()       // event → its row

  add(event) {
    if (event.type === 'subscribed' && !event.gap && !event.payload.recovered && this.#events.length) return
    this.#events.unshift(event)
    if (this.isPaused) this.#missed++
    for (const old of this.#events.splice(KEPT)) this.#nodes.delete(old)
  }

  clear() {
    this.#events = []
    this.#nodes.clear()
    this.#missed = 0
  }

  show(list, filter) {
    if (this.isPaused && list.hasChildNodes() && this.#events.length) return
    this.#missed = 0
    const rows = this.#matching(filter).slice(0, SHOWN).map((event) => this.#row(event))
    const kept = new Set(rows)
    for (const row of [...list.children]) if (!kept.has(row)) row.remove()
    let place = list.firstElementChild
    for (const row of rows) {
      if (row === place) place = place.nextElementSibling
      else list.insertBefore(row, place)
    }
  }

  summary(filter) {
    if (!this.#events.length) return 'Nothing has come yet. What is published appears here at once.'
    if (this.isPaused) return `Paused; ${plural(this.#missed, 'new event')}.`
    const matching = this.#matching(filter).length
    return filter ? `${matching} of ${plural(this.#events.length, 'event')} match.` : ''
  }

  #matching(filter) {
    const wanted = filter.trim().toLowerCase()
    if (!wanted) return this.#events
    return this.#events.filter((event) => JSON.stringify(event).toLowerCase().includes(wanted))
  }

  #row(event) {
    if (!this.#nodes.has(event)) this.#nodes.set(event, rowOf(event))
    return this.#nodes.get(event)
  }
}

function rowOf(event) {
  const body = event.payload
    ?? Object.fromEntries(Object.entries(event).filter(([key]) => !ENVELOPE.has(key)))
  const pre = h('pre', { tabindex: 0, role: 'group', 'aria-label': 'Whole event' })
  const details = h('details', { ontoggle: () => { if (!pre.hasChildNodes()) setText(pre, exactText(JSON.stringify(event, null, 2))) } },
    h('summary', {},
      h('time', { datetime: event.timestamp }, clockTime(event.timestamp, { hour: '2-digit', minute: '2-digit', second: '2-digit' })),
      h('strong', {}, event.type === 'subscribed' && event.gap ? 'history gap' : exactLine(event.type)),
      h('span', { class: 'channel' }, event.channel ?? 'everywhere'),
      h('span', { class: 'preview' }, exactLine(beginning(JSON.stringify(body), 240))),
      h('span', { class: 'offset' }, event.offset === undefined ? '' : `#${event.offset}`)), pre)
  return h('li', { data: { type: event.type, channel: event.channel ?? '', offset: event.offset ?? '' } }, details)
}
