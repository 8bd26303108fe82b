// What was refused or went wrong, at the top of every view until somebody dismisses it.

import { button, h } from './dom.js'
import { element } from './page.js'

const MAXIMUM = 3

export function showNotice(text) {
  const list = element('notices')
  for (const notice of list.children) if (notice.dataset.text === text) notice.remove()
  const notice = h('div', { class: 'notice', role: 'alert', data: { text } },
    h('p', {}, text), button('Dismiss', () => notice.remove(), { class: 'quiet small' }))
  list.append(notice)
  while (list.children.length > MAXIMUM) list.firstElementChild.remove()
}

export function dismissNotices() {
  element('notices').replaceChildren()
}
