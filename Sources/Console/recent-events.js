// What only a channel's latest events know of a conversation that was read over REST: the lines
// between messages, how long tools ran, and where a message that had to wait came to its turn.

import { noticeOf } from './transcript-items.js'

/** The key of the item whose place in the conversation is where this event is. */
function keyOf(event) {
  switch (event.type) {
    case 'user_message': return event.status === 'queued' ? null : `m:${event.messageId}`
    case 'text_complete': return `m:${event.messageId}`
    case 'tool_start': return `u:${event.toolUseId}`
    default: return null
  }
}

/** The items, in the order of the events as far as those go back, with notices between them. */
export function withRecent(items, events) {
  const known = new Map(items.map((item) => [item.key, item]))
  const placed = new Map()           // key → item or notice, in order
  for (const event of events) {
    const notice = noticeOf(event)
    if (notice) placed.set(notice.key, notice)
    const item = known.get(keyOf(event))
    if (item) {
      placed.delete(item.key)        // accepted, then processed: the later place is the one
      placed.set(item.key, item)
    }
    timeTool(known.get(`u:${event.toolUseId}`), event)
  }
  const isPlaced = (item) => placed.has(item.key)
  const behind = items.slice(items.findLastIndex(isPlaced) + 1)
  const before = items.filter((item) => !isPlaced(item) && !behind.includes(item))
  return placed.size === 0 ? items
    : items.some(isPlaced) ? [...before, ...placed.values(), ...behind]
      : [...items, ...placed.values()]
}

function timeTool(tool, { type, timestamp }) {
  if (tool && type === 'tool_start') tool.startedAt = timestamp
  if (tool && type === 'tool_result') tool.endedAt = timestamp
}
