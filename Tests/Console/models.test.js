import assert from 'node:assert/strict'
import { test } from 'node:test'

import { coloursOf, isBright, schemeOf } from '../../Sources/Console/colours.js'
import { diffRows, editsOf, sums } from '../../Sources/Console/diff.js'
import { ago, count, countdown, duration } from '../../Sources/Console/format.js'
import { Questions } from '../../Sources/Console/questions.js'
import { withRecent } from '../../Sources/Console/recent-events.js'
import { addressOf, parseRoute } from '../../Sources/Console/router.js'
import { SessionList } from '../../Sources/Console/session-list.js'
import { tailStart } from '../../Sources/Console/streamed-markdown.js'
import { inputText, summaryOf } from '../../Sources/Console/tool-words.js'
import { noticeOf } from '../../Sources/Console/transcript-items.js'

const session = (id, fields = {}) => ({
  id, name: `Session ${id}`, status: 'idle', createdAt: '2026-11-20T08:00:00.000Z',
  updatedAt: '2026-11-20T08:00:00.000Z', lastMessageAt: null, ...fields,
})

test('routes and addresses are each other', () => {
  for (const route of [{ view: 'sessions' }, { view: 'session', id: 'a b/ü' }, { view: 'events' }, { view: 'settings' }]) {
    assert.deepEqual(parseRoute(addressOf(route)), route)
  }
  for (const hash of ['', '#', '#/', '#/nonsense', '#/sessions/a/b', '#/events/x']) {
    assert.deepEqual(parseRoute(hash), { view: 'sessions' }, hash)
  }
  assert.deepEqual(parseRoute('#/sessions/%E0%A4%A'), { view: 'session', id: '%E0%A4%A' })
})

test('sessions that wait come first, then the latest', () => {
  const list = new SessionList()
  list.put(session('a', { lastMessageAt: '2026-11-20T09:00:00.000Z' }))
  list.put(session('b', { lastMessageAt: '2026-11-20T10:00:00.000Z' }))
  list.put(session('c', { status: 'waiting' }))
  assert.deepEqual(list.shown().map(({ id }) => id), ['c', 'b', 'a'])
  assert.deepEqual(list.shown({ text: ' SESSION a' }).map(({ id }) => id), ['a'])
  assert.deepEqual(list.shown({ status: 'waiting' }).map(({ id }) => id), ['c'])
  assert.deepEqual(Object.fromEntries(list.counts()),
    { all: 3, waiting: 1, running: 0, failed: 0, interrupted: 0, idle: 2 })
})

test('a name is found in either case of every script, as the server finds it', () => {
  const list = new SessionList()
  const finds = (name, text) => {
    list.put(session('a', { name }))
    return list.shown({ text }).length === 1
  }
  const found = [['ΣΊΣΥΦΟΣ', 'σίσυφος'], ['Straße', 'STRASSE'], ['STRASSE', 'straße'], ['GROẞE', 'grosse'],
    ['ПРИВЕТ мир', 'привет МИР'], ['Cafe\u0301', 'CAFÉ'], ['café', 'CAFE\u0301'], ['ＦＵＬＬ width', 'full'],
    ['İzmir', 'i\u0307zmir'], ['ÅNGSTRÖM \u212b', 'ångström å'], ['ǅ', 'ǆ'], ['ﬁle', 'FILE'], ['𐐀', '𐐨']]
  for (const [name, text] of found) assert.ok(finds(name, text), `${name}, ${text}`)
  for (const [name, text] of [['café', 'cafe'], ['kırmızı', 'kirmizi'], ['İzmir', 'ızmir']]) {
    assert.ok(!finds(name, text), `${name}, ${text}`)
  }
})

test('an older state of a session does not replace a newer one', () => {
  const list = new SessionList()
  assert.ok(list.put(session('a', { status: 'running', updatedAt: '2026-11-20T10:00:00.000Z' })))
  assert.ok(!list.put(session('a')))
  assert.equal(list.get('a').status, 'running')
})

test('a question is asked once and ended once', () => {
  const questions = new Questions()
  const question = { requestId: 'q1', sessionId: 's1', toolName: 'Bash' }
  assert.ok(questions.asked(question))
  assert.ok(!questions.asked(question))
  assert.equal(questions.countOf('s1'), 1)
  assert.ok(questions.ended(question))
  assert.ok(!questions.ended(question))
})

test('two sessions may use the same request id', () => {
  const questions = new Questions()
  assert.ok(questions.asked({ requestId: 'q1', sessionId: 's1' }))
  assert.ok(questions.asked({ requestId: 'q1', sessionId: 's2' }))
  questions.ended({ requestId: 'q1', sessionId: 's1' })
  assert.deepEqual(questions.all.map(({ sessionId }) => sessionId), ['s2'])
})

test('what REST does not list any more has ended, in that session only', () => {
  const questions = new Questions()
  questions.asked({ requestId: 'q1', sessionId: 's1' })
  questions.asked({ requestId: 'q2', sessionId: 's2' })
  const news = questions.replace('s1', [{ requestId: 'q3' }])
  assert.deepEqual(news.map(({ requestId }) => requestId), ['q3'])
  assert.deepEqual(questions.all.map(({ requestId }) => requestId).sort(), ['q2', 'q3'])
  questions.replace(null, [])
  assert.equal(questions.size, 0)
})

test('numbers and times are short and right at their edges', () => {
  assert.deepEqual([0, 949, 9_999, 59_400, 60_000, 185_000, 3_600_000, 3_720_000].map(duration),
    ['0.0 s', '0.9 s', '10.0 s', '59 s', '1 min', '3 min 5 s', '1 h', '1 h 2 min'])
  assert.deepEqual([-5, 42_000, 61_001, 3_723_000].map(countdown), ['0:00', '0:42', '1:02', '1:02:03'])
  assert.deepEqual([0, 999, 1_000, 12_400, 123_456, 999_999, 1_200_000].map(count),
    ['0', '999', '1k', '12.4k', '123k', '1M', '1.2M'])
  const now = Date.parse('2026-11-20T08:00:00Z')
  assert.deepEqual([5, 300, 7_200, 100_000].map((seconds) => ago(new Date(now - seconds * 1_000).toISOString(), now)),
    ['now', '5 min', '2 h', 'yesterday'])
})

test('edits are found in the inputs of the tools that edit', () => {
  assert.deepEqual(editsOf('Write', { content: 'a' }), [{ before: '', after: 'a' }])
  assert.deepEqual(editsOf('MultiEdit', { edits: [{ old_string: 'a', new_string: 'b' }, null] }),
    [{ before: 'a', after: 'b' }, { before: '', after: '' }])
  assert.deepEqual(editsOf('MultiEdit', {}), [])
  assert.equal(editsOf('Bash', { command: 'ls' }), null)
})

test('without the library the old is out and the new is in', () => {
  const rows = diffRows({ before: 'a\nb\n', after: 'a\nc\n' }, null)
  assert.deepEqual(rows.map(({ kind, text }) => `${kind} ${text}`), ['removed a', 'removed b', 'added a', 'added c'])
  assert.deepEqual(sums(rows), { added: 2, removed: 2 })
})

test('with it, what is far from every change is folded', () => {
  const same = Array.from({ length: 20 }, (_, index) => `${index}\n`).join('')
  const library = { diffLines: () => [{ value: same }, { value: 'x\n', added: true }] }
  const rows = diffRows({ before: same, after: `${same}x\n` }, library)
  assert.deepEqual(rows.map(({ text }) => text), ['⋯', '17', '18', '19', 'x'])
})

test('a tool call is summed up in one line, whatever its input is', () => {
  assert.equal(summaryOf({ name: 'Bash', input: { command: 'ls\n  -la' } }), 'ls -la')
  assert.equal(summaryOf({ name: 'Other', input: { number: 1, path: '/x' } }), '/x')
  assert.equal(summaryOf({ name: 'Bash', input: { command: 7 } }), '')
  assert.equal(inputText({ name: 'Read', input: { file_path: '/x', limit: 3 } }), 'file_path: /x\nlimit: 3')
})

test('a theme colours the page only with colours, and its background decides the scheme', () => {
  const isColour = (text) => text.startsWith('#')
  const isLight = (text) => text === '#fff'
  const judge = { isColour, isLight }
  assert.deepEqual(coloursOf({ colors: { accent: 'url(x)', text: 7 } }, 'dark', judge),
    { colours: {}, scheme: 'dark', onAccent: undefined })
  assert.deepEqual(coloursOf({ colors: { background: '#fff' } }, 'dark', judge).scheme, 'light')
  const both = { colors: { accent: '#111' }, dark: { accent: '#fff' } }
  assert.equal(coloursOf(both, 'light', judge).colours.accent, '#111')
  assert.equal(coloursOf(both, 'dark', judge).onAccent, '#111')
  assert.deepEqual([schemeOf('dark', false), schemeOf('system', true), schemeOf('light', true), schemeOf('?', false)],
    ['dark', 'dark', 'light', 'light'])
  assert.ok(isBright([255, 255, 255]) && !isBright([0, 0, 255]))
})

test('what is settled of a growing text ends where its last block begins', () => {
  const text = 'one\n\ntwo\n\nthree'
  assert.deepEqual([0, 2, 4].map((line) => text.slice(tailStart(text, line))), [text, 'two\n\nthree', 'three'])
})

test('a tool may be called like something that every object has', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']
  for (const name of names) {
    const input = JSON.parse(`{"__proto__": "kept", "${name === '__proto__' ? 'x' : name}": "y"}`)
    assert.equal(summaryOf({ name, input }), 'kept')
    assert.match(inputText({ name, input }), /^__proto__: kept\n/)
    assert.equal(editsOf(name, input), null)
    assert.equal(noticeOf({ type: name }), null)
    assert.deepEqual(withRecent([], [{ type: name }]), [])
  }
})

test('what a tool is about is shown on one line, with what hides in it', () => {
  assert.equal(summaryOf({ name: 'Read', input: { file_path: 'a\u202egpj.exe' } }), 'a\\u{202e}gpj.exe')
  assert.equal(summaryOf({ name: 'Bash', input: { command: `ls${' '.repeat(7000)}\n rm` } }), 'ls rm')
  assert.equal(summaryOf({ name: 'T', input: {}, intent: { toString: 1 } }), '')
  assert.equal(summaryOf({ name: 'Bash', input: { command: '😀'.repeat(300) } }), '😀'.repeat(100))
})
