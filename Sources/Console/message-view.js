// One message of a person or of the agent.

import { h, setText } from './dom.js'
import { clockTime } from './format.js'
import { StreamedMarkdown } from './streamed-markdown.js'

const SAID = { user: 'You', assistant: 'Agent' }
const STATUSES = new Map([['accepted', 'waits for an agent'], ['queued', 'waits for its turn']])

/** `{element, update(item)}`. */
export function messageView(item) {
  const body = h('div', { class: 'text', data: { part: 'text' } })
  const note = h('span', { class: 'note' })
  const time = h('time')
  const element = h('li', { class: 'message', data: { kind: item.kind } },
    h('div', { class: 'by' }, h('h2', {}, item.parent ? 'Sub-agent' : SAID[item.kind]), time, note), body)
  const markdown = item.kind === 'assistant' ? new StreamedMarkdown(body) : null
  // The text is there at once; it becomes Markdown with the next slice of drawing.
  if (!markdown || !item.isStreaming) setText(body, item.text)
  function showHead(now) {
    if (now.messageId) element.dataset.message = now.messageId
    element.toggleAttribute('data-streaming', now.isStreaming === true)
    element.toggleAttribute('data-nested', Boolean(now.parent))
    element.hidden = now.isCovered === true
    setText(note, now.isCut ? 'cut off' : now.isTail ? 'its beginning comes with its end'
      : STATUSES.get(now.status))
    if (!now.at) return
    time.dateTime = now.at
    setText(time, clockTime(now.at))
  }
  showHead(item)
  return {
    element,
    update(now) {
      showHead(now)
      markdown?.update(now.text, { isFinal: !now.isStreaming })
    },
  }
}
