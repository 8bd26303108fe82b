// A notification for a permission question while nobody looks at the page. Asked for in the settings,
// never on its own; the choice is this device's.

import { serviceWorker } from './installation.js'
import { keyOf } from './questions.js'
import { addressOf } from './router.js'
import { beginning, proseText, questionText } from './visible.js'
import { titleOf } from './words.js'

const CHOICE = 'switchboard.notify'

export const canNotify = () => 'Notification' in globalThis
export const isNotifying = () =>
  canNotify() && Notification.permission === 'granted' && localStorage.getItem(CHOICE) === 'yes'

/** Resolves with whether notifications come from here on. */
export async function startNotifying() {
  const permission = await Notification.requestPermission()
  localStorage.setItem(CHOICE, permission === 'granted' ? 'yes' : 'no')
  return permission === 'granted'
}

export function stopNotifying() {
  localStorage.setItem(CHOICE, 'no')
}

export class Notifications {
  #desk
  #shown = new Map()       // question → Notification, or null where the service worker shows it

  constructor(desk) {
    this.#desk = desk
    desk.onAsked = (question) => this.#asked(question)
    const unwatch = desk.questions.watch((questions) => this.#closeEnded(questions))
    this.end = () => {
      unwatch()
      desk.onAsked = () => {}
    }
  }

  async #asked(question) {
    const { sessionId, toolName, command, description } = question
    if (!isNotifying() || (!document.hidden && document.hasFocus())) return
    const key = keyOf(question)
    const title = proseText(`${titleOf(this.#desk.sessions.value.get(sessionId))} waits for you`)
    const options = {
      body: beginning(questionText(`${toolName}: ${command || description || ''}`), 300), tag: key,
      icon: 'icons/icon-192.png', requireInteraction: true,
      data: { address: addressOf({ view: 'session', id: sessionId }) },
    }
    this.#shown.set(key, null)
    const worker = await serviceWorker()
    if (!this.#shown.has(key)) return   // answered meanwhile
    if (worker) {
      await worker.showNotification(title, options)
      if (!this.#shown.has(key)) closeIn(worker, key)
      return
    }
    const shown = new Notification(title, options)
    shown.onclick = () => {
      focus()
      location.hash = options.data.address
    }
    this.#shown.set(key, shown)
  }

  /** Whoever answered: the question needs nobody any more. */
  #closeEnded(questions) {
    const open = new Set(questions.all.map(keyOf))
    for (const [key, shown] of this.#shown) {
      if (open.has(key)) continue
      this.#shown.delete(key)
      if (shown) shown.close()
      else serviceWorker().then((worker) => closeIn(worker, key))
    }
  }
}

async function closeIn(worker, key) {
  for (const notification of await worker?.getNotifications({ tag: key }) ?? []) notification.close()
}
