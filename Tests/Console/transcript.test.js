import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Transcript } from '../../Sources/Console/transcript.js'

const session = { status: 'idle', mode: 'ask', modeVersion: 1, usage: null }
const snapshot = (fields = {}) => ({
  status: 'running', mode: 'ask', modeVersion: 1, textInFlight: '', runningTools: [],
  pendingPermissions: [], queuedMessages: [], ...fields,
})

let events = 0
const event = (type, fields) =>
  ({ type, eventId: `e${++events}`, timestamp: '2026-11-20T08:30:00.000Z', ...fields })

function begun({ messages = [], hasOlder = false, ...live } = {}) {
  const transcript = new Transcript()
  transcript.reset({ session, messages, snapshot: snapshot(live), hasOlder })
  transcript.takeChanges()
  return transcript
}

const shown = (transcript) => transcript.items.filter((item) => !item.isCovered)
  .map((item) => item.text ?? item.name ?? item.kind)

test('deltas of a turn become one text, and its final text takes their place', () => {
  const transcript = begun()
  transcript.apply(event('text_delta', { delta: 'Hel', turnId: 't1' }))
  const [item] = transcript.items
  transcript.apply(event('text_delta', { delta: 'lo', turnId: 't1' }))
  assert.equal(item.text, 'Hello')
  transcript.apply(event('text_complete', { text: 'Hello!', turnId: 't1', messageId: 'm1' }))
  assert.deepEqual(shown(transcript), ['Hello!'])
  assert.equal(transcript.items[0], item, 'it keeps its place and its view')
  assert.equal(item.isStreaming, false)
})

test('the text of a snapshot goes on with the deltas behind it', () => {
  const transcript = begun({ textInFlight: 'The beginning' })
  transcript.apply(event('text_delta', { delta: ' and more', turnId: 't7' }))
  assert.deepEqual(shown(transcript), ['The beginning and more'])
  transcript.apply(event('text_complete', { text: 'The beginning and more.', turnId: 't7', messageId: 'm' }))
  assert.deepEqual(shown(transcript), ['The beginning and more.'])
})

test('blank text of a snapshot is not taken for the beginning of another turn', () => {
  const transcript = begun({ textInFlight: '\n\n' })
  transcript.apply(event('text_delta', { delta: 'New', turnId: 't8' }))
  assert.deepEqual(shown(transcript).at(-1), 'New')
})

test('a final text that REST has already is neither doubled nor shown as a preview', () => {
  const transcript = begun({
    messages: [{ id: 'm1', role: 'assistant', text: 'All of it.', createdAt: '2026-11-20T08:30:00Z' }],
    textInFlight: 'All of',
  })
  assert.deepEqual(shown(transcript), ['All of it.'])
  transcript.apply(event('text_delta', { delta: ' it', turnId: 't1' }))
  assert.deepEqual(shown(transcript), ['All of it.'])
  transcript.apply(event('text_complete', { text: 'All of it.', turnId: 't1', messageId: 'm1' }))
  assert.deepEqual(shown(transcript), ['All of it.'])
  assert.equal(transcript.items.length, 1)
})

test('a new text that only begins like the last one shows as soon as it differs', () => {
  const transcript = begun({
    messages: [{ id: 'm1', role: 'assistant', text: 'I see.', createdAt: '2026-11-20T08:30:00Z' }],
  })
  transcript.apply(event('text_delta', { delta: 'I', turnId: 't2' }))
  transcript.apply(event('text_delta', { delta: ' go on', turnId: 't2' }))
  assert.deepEqual(shown(transcript), ['I see.', 'I go on'])
})

test('texts of two flows do not mix', () => {
  const transcript = begun()
  transcript.apply(event('text_delta', { delta: 'outer', turnId: 't1' }))
  transcript.apply(event('text_delta', { delta: 'inner', turnId: 't1', parentToolUseId: 'u1' }))
  transcript.apply(event('text_delta', { delta: ' on', turnId: 't1' }))
  transcript.apply(event('text_complete', { text: 'inner.', turnId: 't1', parentToolUseId: 'u1', messageId: 'm2' }))
  assert.deepEqual(shown(transcript), ['outer on', 'inner.'])
  assert.equal(transcript.items[0].isStreaming, true)
})

test('a tool runs, ends, and is the same one when REST had it', () => {
  const tool = { toolUseId: 'u1', toolName: 'Bash', toolInput: { command: 'ls' } }
  const transcript = begun({
    messages: [{ id: 'm3', role: 'tool', text: '', toolName: 'Bash', toolUseId: 'u1', toolInput: { command: 'ls' }, createdAt: '2026-11-20T08:29:59Z' }],
    runningTools: [tool],
  })
  assert.equal(transcript.items[0].state, 'running')
  transcript.apply(event('tool_start', tool))
  transcript.apply(event('tool_result', { toolUseId: 'u1', toolName: 'Bash', result: 'x', isError: true }))
  assert.equal(transcript.items.length, 1)
  assert.equal(transcript.items[0].state, 'failed')
  transcript.apply(event('tool_start', tool))
  assert.equal(transcript.items[0].state, 'failed', 'a late start does not begin it again')
})

test('a tool that asks waits for its answer, also after a reload', () => {
  const tool = { toolUseId: 'u1', toolName: 'Bash', toolInput: { command: 'ls' } }
  const request = { requestId: 'q1', toolUseId: 'u1' }
  const live = begun()
  live.apply(event('tool_start', tool))
  live.apply(event('permission_request', { request }))
  const reloaded = begun({ runningTools: [tool], pendingPermissions: [request] })
  for (const transcript of [live, reloaded]) {
    assert.equal(transcript.items[0].waitsFor, 'q1')
    transcript.apply(event('permission_request', { request: { requestId: 'q2', toolUseId: 'gone' } }))
    transcript.apply(event('permission_timeout', { requestId: 'q2' }))
    assert.equal(transcript.items[0].waitsFor, 'q1', 'another question ended')
    transcript.takeChanges()
    transcript.apply(event('permission_resolved', { requestId: 'q1', allowed: true }))
    assert.equal(transcript.items[0].waitsFor, null)
    assert.ok(transcript.takeChanges().updated.has(transcript.items[0]))
  }
})

test('a queued message waits, is processed, and can be taken back', () => {
  const transcript = begun()
  transcript.apply(event('user_message', { messageId: 'm1', text: 'later', status: 'queued' }))
  transcript.apply(event('user_message', { messageId: 'm2', text: 'never', status: 'queued' }))
  assert.equal(transcript.queue.length, 2)
  assert.equal(transcript.items.length, 0)
  transcript.takenBack('m2')
  transcript.apply(event('user_message', { messageId: 'm1', text: 'later', status: 'processing' }))
  assert.deepEqual([transcript.queue.length, ...shown(transcript)], [0, 'later'])
})

test('what REST answers to a message does not undo what the channel told of it', () => {
  const transcript = begun()
  transcript.apply(event('user_message', { messageId: 'm1', text: 'a', status: 'processing' }))
  transcript.sent({ messageId: 'm1', text: 'a', status: 'accepted' })
  transcript.sent({ messageId: 'm2', text: 'b', status: 'queued' })
  assert.deepEqual(transcript.items.map(({ status }) => status), ['processing'])
  assert.equal(transcript.queue.length, 1)
})

test('an accepted message that has to wait after all moves to the queue', () => {
  const transcript = begun()
  transcript.apply(event('user_message', { messageId: 'm1', text: 'a', status: 'accepted' }))
  transcript.apply(event('user_message', { messageId: 'm1', text: 'a', status: 'queued' }))
  assert.deepEqual([transcript.items.length, transcript.queue.length], [0, 1])
})

test('the end of a run ends what was in flight', () => {
  const transcript = begun()
  transcript.apply(event('text_delta', { delta: 'half', turnId: 't1' }))
  transcript.apply(event('tool_start', { toolUseId: 'u1', toolName: 'Bash', toolInput: {} }))
  transcript.apply(event('interrupted', { reason: 'aborted', queuedMessages: [] }))
  assert.deepEqual(transcript.items.map((item) => item.isCut ?? item.state ?? item.reason), [true, 'interrupted', 'aborted'])
  transcript.apply(event('complete', { reason: 'interrupted' }))
  assert.equal(transcript.head.status, 'interrupted')
})

test('status, mode and usage follow the events, and older REST answers do not undo them', () => {
  const transcript = begun()
  transcript.apply(event('mode_changed', { mode: 'allow-all', previousMode: 'ask', modeVersion: 2, changedBy: 'ada' }))
  transcript.sessionChanged({ mode: 'ask', modeVersion: 1, status: 'running' })
  assert.deepEqual([transcript.head.mode, transcript.head.modeChangedBy], ['allow-all', 'ada'])
  transcript.apply(event('usage', { inputTokens: 10, outputTokens: 2, contextTokens: 12, contextWindow: 100 }))
  transcript.apply(event('complete', { reason: 'complete', usage: { inputTokens: 11, outputTokens: 3 } }))
  assert.deepEqual(transcript.head.usage, { inputTokens: 11, outputTokens: 3, contextTokens: 12, contextWindow: 100 })
  assert.equal(transcript.head.status, 'idle')
})

test('older messages come in front, each once', () => {
  const message = (id) => ({ id, role: 'user', text: id, createdAt: '2026-11-20T08:00:00Z' })
  const transcript = begun({ messages: [message('m3')], hasOlder: true })
  transcript.prepend([message('m1'), message('m2'), message('m3')], false)
  assert.deepEqual(shown(transcript), ['m1', 'm2', 'm3'])
  assert.equal(transcript.takeChanges().prepended, 2)
  assert.equal(transcript.hasOlder, false)
})

test('an unknown event changes nothing', () => {
  const transcript = begun()
  transcript.apply(event('from_the_future', { text: '?' }))
  assert.deepEqual(transcript.items, [])
})

test('the latest events tell of a reloaded session why it failed and how long its tools ran', () => {
  const transcript = new Transcript()
  const at = (second) => `2026-11-20T08:30:0${second}.000Z`
  const tool = { toolUseId: 'u1', toolName: 'Bash' }
  transcript.reset({
    session, hasOlder: false, snapshot: snapshot(),
    messages: [
      { id: 'm1', role: 'user', text: 'go', createdAt: at(1) },
      { id: 'm2', role: 'tool', ...tool, toolInput: {}, result: 'x', createdAt: at(3) },
      { id: 'm3', role: 'assistant', text: 'said', createdAt: at(6) },
    ],
    recent: [
      event('user_message', { messageId: 'm1', text: 'go', status: 'processing', timestamp: at(1) }),
      event('tool_start', { ...tool, timestamp: at(3) }),
      event('permission_resolved', { requestId: 'q', allowed: true, resolvedBy: 'user:a', timestamp: at(4) }),
      event('tool_result', { ...tool, timestamp: at(5) }),
      event('text_complete', { messageId: 'm3', text: 'said', timestamp: at(6) }),
      event('error', { error: 'Overloaded.', code: 'X', canRetry: true, timestamp: at(7) }),
    ],
  })
  assert.deepEqual(transcript.items.map((item) => item.what ?? item.text ?? item.endedAt),
    ['go', at(5), 'allowed', 'said', 'error'])
})

test('a message that had to wait stands where its turn came, also after a reload', () => {
  const message = (id, role) => ({ id, role, text: id, createdAt: '2026-11-20T08:30:00.000Z' })
  const transcript = new Transcript()
  transcript.reset({
    session, hasOlder: false, snapshot: snapshot(),
    messages: [message('old', 'user'), message('m1', 'user'), message('m2', 'user'),
      message('a1', 'assistant'), message('a2', 'assistant'), message('newer', 'user')],
    recent: [
      event('user_message', { messageId: 'm1', status: 'processing' }),
      event('user_message', { messageId: 'm2', status: 'accepted' }),
      event('user_message', { messageId: 'm2', status: 'queued' }),
      event('text_complete', { messageId: 'a1', text: 'a1' }),
      event('user_message', { messageId: 'm2', status: 'processing' }),
      event('text_complete', { messageId: 'a2', text: 'a2' }),
    ],
  })
  assert.deepEqual(shown(transcript), ['old', 'm1', 'a1', 'm2', 'a2', 'newer'])
})

test('words that every object has are words like others', () => {
  for (const word of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const transcript = begun()
    transcript.apply(event(word, {}))
    transcript.apply(event('tool_start', { toolUseId: word, toolName: word, toolInput: {} }))
    transcript.apply(event('permission_request', { request: { requestId: word, toolUseId: word } }))
    transcript.apply(event('tool_result', { toolUseId: word, toolName: word, result: 'done' }))
    transcript.apply(event('text_delta', { delta: 'text', turnId: word, parentToolUseId: word }))
    transcript.apply(event('text_complete', { text: 'text', turnId: word, parentToolUseId: word, messageId: word }))
    transcript.apply(event('user_message', { messageId: `${word}2`, text: word, status: 'accepted' }))
    assert.deepEqual(shown(transcript), [word, 'text', word])
    assert.equal(transcript.items[0].result, 'done')
    transcript.apply(event('complete', { reason: word }))
    assert.equal(typeof transcript.head.status, 'string')
  }
})
