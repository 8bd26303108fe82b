// The server cannot be asked: what happens, and that it is tried again.

import { button, h } from './dom.js'

const AGAIN = 5_000

/** `begin()` is called once: by the button, when the network is back, or after a while. */
export function unreachableView(reason, begin) {
  const again = () => {
    removeEventListener('online', again)
    clearTimeout(timer)
    begin()
  }
  const timer = setTimeout(again, AGAIN)
  addEventListener('online', again)
  return h('div', { class: 'card entrance' }, h('h1', {}, 'Out of reach'),
    h('p', { role: 'status' }, `${reason} It is tried again every few seconds.`), button('Try again', again))
}
