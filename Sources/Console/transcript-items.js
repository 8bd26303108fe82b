// The things of which a conversation consists, as the transcript's model holds them:
//   user       {key, messageId, text, status, at}
//   assistant  {key, messageId?, text, isStreaming?, isCut?, isCovered?, parent?, at}
//   tool       {key, toolUseId, name, input, result, state, startedAt, endedAt, parent?, intent?}
//              state: running · done · failed · interrupted · unknown
//   notice     {key, tone, at, what: allowed · denied (requestId, by, isAlways) · timed_out (requestId)
//              · mode (mode, by) · interrupted (reason) · error (text, code, canRetry)}

export const newTool = (toolUseId, name) => ({
  key: `u:${toolUseId}`, kind: 'tool', toolUseId, name, input: {}, result: null, state: 'running',
  startedAt: null, endedAt: null,
})

/** Of `tool_start`, or of a running tool in a snapshot, which does not say since when. */
export const itemOfTool = (event, startedAt) => ({
  ...newTool(event.toolUseId, event.toolName), input: event.toolInput ?? {}, startedAt,
  intent: event.toolIntent, displayName: event.toolDisplayName, parent: event.parentToolUseId,
})

/** The line that an event leaves in the conversation; null for the others. */
export function noticeOf(event) {
  const detail = NOTICES[event.type]?.(event)
  return detail ? { key: `n:${event.eventId}`, kind: 'notice', at: event.timestamp, ...detail } : null
}

const NOTICES = {
  permission_resolved: ({ allowed, requestId, resolvedBy, alwaysAllow }) => ({
    what: allowed ? 'allowed' : 'denied', tone: allowed ? 'good' : 'bad', requestId, by: resolvedBy,
    isAlways: alwaysAllow,
  }),
  permission_timeout: ({ requestId }) => ({ what: 'timed_out', tone: 'bad', requestId }),
  mode_changed: ({ mode, changedBy }) => ({ what: 'mode', tone: 'quiet', mode, by: changedBy }),
  interrupted: ({ reason }) => ({ what: 'interrupted', tone: 'warn', reason }),
  error: ({ error, code, canRetry }) => ({ what: 'error', tone: 'bad', text: error, code, canRetry }),
}

/**
 * Puts into REST's items what only the channel's latest events know: lines between messages, and how
 * long tools ran. Both are in the order of time.
 */
export function withRecent(items, events) {
  const tools = new Map(items.filter((item) => item.kind === 'tool').map((item) => [item.toolUseId, item]))
  const notices = []
  for (const event of events) {
    const notice = noticeOf(event)
    if (notice) notices.push(notice)
    const tool = tools.get(event.toolUseId)
    if (tool && event.type === 'tool_start') tool.startedAt = event.timestamp
    if (tool && event.type === 'tool_result') tool.endedAt = event.timestamp
  }
  const all = [...items]
  const oldest = items[0]?.at ?? ''
  for (const notice of notices.filter(({ at }) => at >= oldest)) {
    const next = all.findIndex((item) => item.at > notice.at)
    all.splice(next < 0 ? all.length : next, 0, notice)
  }
  return all
}

/** Of a message as REST shows it; `running` are the tools that run. */
export function itemOfMessage(message, running) {
  const base = { messageId: message.id, at: message.createdAt, isFromRest: true }
  if (message.role !== 'tool') {
    return {
      ...base, key: `m:${message.id}`, kind: message.role, text: message.text ?? '',
      status: message.status,
    }
  }
  const isEnded = typeof message.result === 'string'
  const state = isEnded ? (message.isError ? 'failed' : 'done')
    : running.has(message.toolUseId) ? 'running' : 'unknown'
  return {
    ...base, ...newTool(message.toolUseId ?? message.id, message.toolName ?? 'Tool'), state,
    input: message.toolInput ?? {}, result: message.result ?? null, startedAt: message.createdAt,
  }
}
