// The things of which a conversation consists, as the transcript's model holds them:
//   user       {key, messageId, text, status, at}
//   assistant  {key, messageId?, text, isStreaming?, isCut?, isCovered?, parent?, at}
//   tool       {key, toolUseId, name, input, result, state, waitsFor, startedAt, endedAt, parent?, intent?}
//              state: running · done · failed · interrupted · unknown
//              waitsFor: the requestId of its open question, or null
//   notice     {key, tone, at, what: allowed · denied (requestId, by, isAlways) · timed_out (requestId)
//              · mode (mode, by) · interrupted (reason) · error (text, code, canRetry)}

export const newTool = (toolUseId, name) => ({
  key: `u:${toolUseId}`, kind: 'tool', toolUseId, name, input: {}, result: null, state: 'running',
  waitsFor: null, startedAt: null, endedAt: null,
})

/** Of `tool_start`, or of a running tool in a snapshot, which does not say since when. */
export const itemOfTool = (event, startedAt) => ({
  ...newTool(event.toolUseId, event.toolName), input: event.toolInput ?? {}, startedAt,
  intent: event.toolIntent, displayName: event.toolDisplayName, parent: event.parentToolUseId,
})

/** The line that an event leaves in the conversation; null for the others. */
export function noticeOf(event) {
  const detail = NOTICES.get(event.type)?.(event)
  return detail ? { key: `n:${event.eventId}`, kind: 'notice', at: event.timestamp, ...detail } : null
}

const NOTICES = new Map(Object.entries({
  permission_resolved: ({ allowed, requestId, resolvedBy, alwaysAllow }) => ({
    what: allowed ? 'allowed' : 'denied', tone: allowed ? 'good' : 'bad', requestId, by: resolvedBy,
    isAlways: alwaysAllow,
  }),
  permission_timeout: ({ requestId }) => ({ what: 'timed_out', tone: 'bad', requestId }),
  mode_changed: ({ mode, changedBy }) => ({ what: 'mode', tone: 'quiet', mode, by: changedBy }),
  interrupted: ({ reason }) => ({ what: 'interrupted', tone: 'warn', reason }),
  error: ({ error, code, canRetry }) => ({ what: 'error', tone: 'bad', text: error, code, canRetry }),
}))

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
