// A list of sessions on the page, kept in step with the model: rows stay where they need not change.

import { fill, h, icon, setText } from './dom.js'
import { ago, plural } from './format.js'
import { addressOf } from './router.js'
import { STATUSES, modeOf, titleOf } from './words.js'

/** A state as a sign and words: its shape says it too, not the colour alone. */
export const statusBadge = (status) =>
  h('span', { class: 'status', data: { part: 'status', status } }, icon(status), STATUSES.get(status) ?? status)

export class SessionRows {
  #desk
  #list
  #rows = new Map()        // id → {node, session, questions}

  constructor(desk, list) {
    this.#desk = desk
    this.#list = list
  }

  show(sessions, openID = null) {
    const ids = new Set(sessions.map((session) => session.id))
    for (const [id, { node }] of this.#rows) {
      if (ids.has(id)) continue
      node.remove()
      this.#rows.delete(id)
    }
    let place = this.#list.firstElementChild
    for (const session of sessions) {
      const { node } = this.#row(session, openID)
      if (node === place) place = place.nextElementSibling
      else this.#list.insertBefore(node, place)
    }
  }

  /** Times pass although nothing happens. */
  refreshTimes() {
    for (const { node, session } of this.#rows.values()) {
      setText(node.querySelector('time'), lastTime(session, this.#desk))
    }
  }

  #row(session, openID) {
    const isOpen = session.id === openID
    const known = this.#rows.get(session.id)
    if (known?.session === session && known.isOpen === isOpen) return known
    const node = known?.node ?? h('li', { class: 'session-row', data: { session: session.id } })
    const row = { node, session, isOpen }
    node.dataset.status = session.status
    const hadFocus = node.contains(document.activeElement)
    fill(node, content(session, isOpen, this.#desk))
    if (hadFocus) node.querySelector('a').focus()
    this.#rows.set(session.id, row)
    return row
  }
}

function content(session, isOpen, desk) {
  const details = [
    modeOf(session.mode).name, session.messageCount && plural(session.messageCount, 'message'),
    session.workingDirectory?.split('/').filter(Boolean).at(-1),
  ].filter(Boolean).join(' · ')
  return [
    h('a', {
      href: addressOf({ view: 'session', id: session.id }), aria: { current: isOpen ? 'page' : null },
    }, titleOf(session)),
    statusBadge(session.status),
    h('span', { class: 'details' }, details),
    h('time', { datetime: session.lastMessageAt ?? session.createdAt }, lastTime(session, desk)),
  ]
}

const lastTime = (session, desk) =>
  ago(session.lastMessageAt ?? session.createdAt, desk.realtime.now())
