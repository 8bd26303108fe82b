// The state of the connection in the header.

import { fill, h, setText } from './dom.js'
import { element } from './page.js'
import { proseText } from './visible.js'

export class ConnectionBadge {
  constructor(realtime) {
    const retry = () => realtime.retry()
    element('retry').addEventListener('click', retry)
    const unwatch = realtime.connection.watch((words) => show(words))
    this.end = () => {
      unwatch()
      element('retry').removeEventListener('click', retry)
    }
  }
}

/** The number of seconds counts down for the eye only: a status that changes is read out each time. */
function show({ state, text, news }) {
  const status = element('connection-state')
  const [, words, seconds] = /^(Reconnecting)( in \d+ s)?/.exec(text) ?? [null, text, null]
  if (status.dataset.state !== state || status.dataset.news !== news || !seconds) {
    status.dataset.state = state
    status.dataset.news = news
    fill(status, h('span', { class: 'words' }, words), h('span', { class: 'seconds', aria: { hidden: 'true' } }),
      news && h('span', { class: 'news' }, ` ${news}`))
  }
  const counter = status.querySelector('.seconds')
  if (counter) setText(counter, seconds ?? '')
  status.title = proseText([text, news].filter(Boolean).join('. '))
  element('retry').hidden = state !== 'reconnecting'
}
