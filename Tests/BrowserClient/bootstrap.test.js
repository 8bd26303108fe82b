import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createRealtimeBootstrap } from '../../Sources/BrowserClient/index.js'

class FakeClient {
  calls = []
  connect() { this.calls.push('connect') }
  disconnect() { this.calls.push('disconnect') }
}

const socket = () => ({ send() {}, close() {} })

test('any number of starts make and connect one client', async () => {
  let made = 0
  const bootstrap = createRealtimeBootstrap({ create: () => { made += 1; return new FakeClient() } })
  assert.equal(bootstrap.client, null)
  const [first, second] = await Promise.all([bootstrap.start(), bootstrap.start()])
  assert.equal(await bootstrap.start(), first)
  assert.equal(second, first)
  assert.equal(bootstrap.client, first)
  assert.equal(made, 1)
  assert.deepEqual(first.calls, ['connect'])
})

test('options make a real client', async () => {
  const options = { url: 'wss://simulated.example/ws', createSocket: socket }
  const bootstrap = createRealtimeBootstrap({ options })
  assert.equal((await bootstrap.start()).state, 'connecting')
  bootstrap.stop()
  assert.equal(bootstrap.client, null)
})

test('a flag that is off makes none, also one that is looked up', async () => {
  const create = () => assert.fail('made')
  for (const isEnabled of [false, () => false, async () => false]) {
    assert.equal(await createRealtimeBootstrap({ isEnabled, create }).start(), null)
  }
  let isEnabled = false
  const later = createRealtimeBootstrap({ isEnabled: () => isEnabled, create: () => new FakeClient() })
  assert.equal(await later.start(), null)
  isEnabled = true
  assert.ok(await later.start())
})

test('a failure is null and reported once, and a later start tries again', async () => {
  const errors = []
  let isBroken = true
  const bootstrap = createRealtimeBootstrap({
    create() {
      if (isBroken) throw new Error('broken')
      return new FakeClient()
    },
    onError: (error) => errors.push(error.message),
  })
  assert.deepEqual(await Promise.all([bootstrap.start(), bootstrap.start()]), [null, null])
  assert.deepEqual(errors, ['broken'])
  isBroken = false
  assert.ok(await bootstrap.start())
})

test('no failure rejects: not of the flag, not of connecting, not of the report itself', async () => {
  const broken = () => { throw new Error('broken') }
  assert.equal(await createRealtimeBootstrap({ isEnabled: broken, onError: broken }).start(), null)
  assert.equal(await createRealtimeBootstrap({ create: async () => broken() }).start(), null)
  assert.equal(await createRealtimeBootstrap({ create: () => ({ connect: broken }) }).start(), null)
  assert.equal(await createRealtimeBootstrap({ options: { url: 'no address at all' } }).start(), null)
})

test('stopping while it starts leaves no client behind, and starting again makes a new one', async () => {
  const made = []
  const bootstrap = createRealtimeBootstrap({
    create: async () => {
      made.push(new FakeClient())
      return made.at(-1)
    },
  })
  const first = bootstrap.start()
  while (made.length === 0) await Promise.resolve()
  bootstrap.stop()
  assert.equal(await first, null)
  assert.ok(made.every(({ calls }) => calls.length === 0))
  const second = await bootstrap.start()
  assert.equal(second, made.at(-1))
  assert.deepEqual(second.calls, ['connect'])
  bootstrap.stop()
  assert.deepEqual(second.calls, ['connect', 'disconnect'])
})
