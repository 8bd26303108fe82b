// The head of a session: name, state, mode, what it has used, stop, and the rarer actions.

import { button, fill, h, icon, setText } from './dom.js'
import { addressOf } from './router.js'
import { count } from './format.js'
import { radios } from './radios.js'
import * as rest from './rest.js'
import { openDelete, openRename, openRules } from './session-dialogs.js'
import { statusBadge } from './session-rows.js'
import { MODES, titleOf } from './words.js'

export class SessionHead {
  element
  #desk
  #id
  #name = h('h1', {}, '…')
  #status = h('span', { class: 'status-slot' })
  #stop
  #mode
  #note = h('span', { class: 'mode-note', data: { part: 'mode-note' } })
  #meter = h('span', { class: 'meter' })
  #usage = h('span', { class: 'usage', data: { part: 'usage' } })
  #unwatch
  #shownStatus = null

  constructor(desk, id) {
    this.#desk = desk
    this.#id = id
    this.#mode = radios('Mode', [...MODES].map(([value, words]) => ({ value, ...words })),
      null, (mode) => this.#change(mode))
    this.#mode.disabled = !desk.may('sessions:write')
    this.#stop = h('button', { type: 'button', class: 'stop', hidden: true, onclick: () => this.#abort() }, icon('stop'), 'Stop')
    this.element = h('div', { class: 'session-head' },
      h('a', { class: 'back', href: addressOf({ view: 'sessions' }) }, '‹ All sessions'),
      h('div', { class: 'session-title' }, this.#name, this.#status, this.#stop, this.#menu()),
      h('div', { class: 'session-facts' }, this.#mode.element, this.#note, this.#meter, this.#usage))
    this.#unwatch = desk.sessions.watch((sessions) => {
      setText(this.#name, titleOf(sessions.get(id)))
    })
  }

  end() { this.#unwatch() }

  /** The head of the transcript; null while it is not known. */
  show(head) {
    if (!head) return
    if (this.#shownStatus !== head.status) {
      this.#shownStatus = head.status
      fill(this.#status, statusBadge(head.status))
    }
    this.#stop.hidden = !(head.status === 'running' || head.status === 'waiting')
      || !this.#desk.may('sessions:write')
    this.#mode.value = head.mode
    setText(this.#note, head.modeChangedBy ? `Changed by ${this.#desk.people.nameOf(head.modeChangedBy)}` : '')
    this.#showUsage(head.usage)
  }

  #showUsage(usage) {
    if (!usage) return
    const { contextTokens, contextWindow, inputTokens, outputTokens } = usage
    setText(this.#usage, `${count(inputTokens)} in · ${count(outputTokens)} out`)
    this.#meter.hidden = !contextTokens || !contextWindow
    if (this.#meter.hidden) return
    const share = Math.min(1, contextTokens / contextWindow)
    const text = `${count(contextTokens)} of ${count(contextWindow)}`
    if (this.#meter.dataset.text === text) return
    const bar = h('span', { class: 'bar' }, h('span', { class: 'filled' }))
    bar.firstElementChild.style.width = `${share * 100}%`
    this.#meter.dataset.text = text
    this.#meter.classList.toggle('is-high', share > 0.85)
    const meter = h('span', {
      role: 'meter', class: 'meter-value', title: `Context: ${text} tokens`,
      aria: { label: 'Context', valuemin: 0, valuemax: contextWindow, valuenow: contextTokens, valuetext: text },
    }, bar, h('span', {}, text))
    fill(this.#meter, meter)
  }

  #menu() {
    const desk = this.#desk
    const session = () => desk.sessions.value.get(this.#id) ?? { id: this.#id }
    const items = [
      desk.may('sessions:write') && button('Rename', () => openRename(desk, session())),
      button('Remembered rules', () => openRules(desk, session())),
      desk.may('sessions:write') && button('Delete session', () => openDelete(desk, session()), { class: 'deny' }),
    ]
    const popover = h('div', { class: 'menu', id: 'session-menu', popover: 'auto' }, items)
    popover.addEventListener('click', () => popover.hidePopover())
    return [h('button', { type: 'button', class: 'quiet menu-button', popovertarget: 'session-menu', 'aria-label': 'Session menu' }, icon('menu')), popover]
  }

  async #change(mode) {
    try {
      this.#desk.put(await rest.changeSession(this.#id, { mode }))
    } catch (error) {
      this.#desk.fail('The mode was not changed', error)
    }
  }

  async #abort() {
    this.#stop.disabled = true
    try {
      const { aborted } = await rest.abort(this.#id)
      if (!aborted) this.#desk.fail('Nothing was running any more.')
    } catch (error) {
      this.#desk.fail('The run was not stopped', error)
    } finally {
      this.#stop.disabled = false
    }
  }
}
