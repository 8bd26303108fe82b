import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ConnectionReport } from '../../Sources/Console/connection-report.js'

const joined = (channel, offset, { recovered = true, gap = false } = {}) =>
  ({ payload: { channel, offset, recovered }, gap })

function connected() {
  const report = new ConnectionReport()
  report.changed({ state: 'connecting' }, 0)
  report.changed({ state: 'connected' }, 100)
  report.joined(joined('team:a', 10, { recovered: false }), 150)
  report.published({ channel: 'team:a', offset: 11 })
  return report
}

test('the first connection is no news', () => {
  assert.deepEqual(connected().words(200), { state: 'connected', text: 'Connected', news: '' })
})

test('a reconnect tells how long it took and how much came back', () => {
  const report = connected()
  report.changed({ state: 'reconnecting', retryInMs: 2_000 }, 1_000)
  assert.equal(report.words(1_100).text, 'Reconnecting in 2 s')
  report.changed({ state: 'reconnecting' }, 12_000)
  assert.equal(report.words(12_000).text, 'Reconnecting…')
  report.changed({ state: 'connected' }, 13_000)
  report.joined(joined('team:a', 40), 13_100)
  report.joined(joined('session:b', 5, { recovered: false }), 13_100)
  assert.equal(report.words(13_200).news, 'Back after 12 s, 29 events recovered')
  assert.equal(report.words(60_000).news, '', 'news do not stay for ever')
})

test('a gap is told as one', () => {
  const report = connected()
  report.changed({ state: 'reconnecting' }, 1_000)
  report.changed({ state: 'connected' }, 3_000)
  report.joined(joined('team:a', 2, { recovered: false, gap: true }), 3_100)
  assert.equal(report.words(3_200).news, 'Back after 2.0 s, 0 events recovered. History gap: read again')
})

test('an end says why', () => {
  const report = connected()
  report.changed({ state: 'disconnected', reason: 'signed_out' }, 1_000)
  assert.equal(report.words(1_000).text, 'Disconnected: signed out by the server')
})
