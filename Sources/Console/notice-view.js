// A line between messages: an answered question, a changed mode, an interruption, an error.

import { button, h, setText } from './dom.js'
import { clockTime } from './format.js'
import { exactLine, exactText } from './visible.js'
import { INTERRUPTIONS, modeOf } from './words.js'

const WORDS = new Map(Object.entries({
  allowed: ({ by, isAlways }, nameOf) => `Allowed by ${nameOf(by)}${isAlways ? ', always from here on' : ''}`,
  denied: ({ by }, nameOf) => `Denied by ${nameOf(by)}`,
  timed_out: () => 'Question timed out',
  mode: ({ mode, by }, nameOf) => `Mode changed to ${modeOf(mode).name} by ${nameOf(by)}`,
  interrupted: ({ reason }) => INTERRUPTIONS.get(reason) ?? `Interrupted: ${exactLine(reason)}`,
  error: ({ text, code }) => `${exactText(text)} (${exactLine(code)})`,
}))

/** `{element, update(item)}`. */
export function noticeView(item, { desk, retry }) {
  const text = h('span')
  const element = h('li', { class: `notice-line is-${item.tone}`, data: { kind: 'notice' } },
    text, h('time', { datetime: item.at }, clockTime(item.at)),
    item.canRetry && button('Try again', retry, { class: 'quiet small' }))
  if (item.requestId) element.dataset.request = item.requestId
  return {
    element,
    update() { setText(text, WORDS.get(item.what)(item, (actor) => desk.people.nameOf(actor))) },
  }
}
