// A notification for a permission question while nobody looks at the page. Asked for in the settings,
// never on its own; the choice is this device's.

import { titleOf } from './words.js'
import { addressOf } from './router.js'

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
  #shown = new Map()       // requestId → Notification, or null where the service worker shows it

  constructor(desk) {
    this.#desk = desk
    desk.onAsked = (question) => this.#asked(question)
    const unwatch = desk.questions.watch((questions) => this.#closeEnded(questions))
    this.end = () => {
      unwatch()
      desk.onAsked = () => {}
    }
  }

  async #asked({ requestId, sessionId, toolName, command, description }) {
    if (!isNotifying() || document.visibilityState === 'visible') return
    const title = `${titleOf(this.#desk.sessions.value.get(sessionId))} waits for you`
    const options = {
      body: `${toolName}: ${command || description || ''}`.slice(0, 300), tag: requestId,
      icon: '/icons/icon-192.png', requireInteraction: true,
      data: { address: addressOf({ view: 'session', id: sessionId }) },
    }
    this.#shown.set(requestId, null)
    const worker = await navigator.serviceWorker?.getRegistration()
    if (worker) return worker.showNotification(title, options)
    const shown = new Notification(title, options)
    shown.onclick = () => {
      focus()
      location.hash = options.data.address
    }
    this.#shown.set(requestId, shown)
  }

  /** Whoever answered: the question needs nobody any more. */
  async #closeEnded(questions) {
    const open = new Set(questions.all.map((question) => question.requestId))
    for (const [requestId, shown] of this.#shown) {
      if (open.has(requestId)) continue
      this.#shown.delete(requestId)
      shown?.close()
      const worker = await navigator.serviceWorker?.getRegistration()
      for (const notification of await worker?.getNotifications({ tag: requestId }) ?? []) notification.close()
    }
  }
}
