// What the shared cases cannot say, as it is JavaScript's own: handlers, listeners, sockets, globals.

import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'

import { createRealtimeClient, RealtimeError } from '../../Sources/BrowserClient/index.js'
import { checkSystemCredential, socketURL } from '../../Sources/BrowserClient/environment.js'
import { SimulatedClock } from './simulated.js'

/** A client with one fake socket after the other, and what it saw. */
function begin(options = {}) {
  const clock = new SimulatedClock()
  const sockets = []
  const client = createRealtimeClient({
    url: 'wss://simulated.example/ws', clock, random: () => 0.5,
    createSocket(url, protocols) {
      const socket = { url, protocols, sent: [], closed: [] }
      socket.send = (text) => socket.sent.push(JSON.parse(text))
      socket.close = (code) => socket.closed.push(code)
      sockets.push(socket)
      return socket
    },
    checkCredential: () => 'unknown', ...options,
  })
  const seen = { state: [], error: [], message: [] }
  for (const name of Object.keys(seen)) client.on(name, (event) => seen[name].push(event))
  const say = (message) => sockets.at(-1).onmessage({ data: JSON.stringify(message) })
  const establish = () => {
    sockets.at(-1).onopen()
    say({ type: 'connected', heartbeatIntervalMs: 15_000 })
  }
  return { client, clock, sockets, seen, say, establish }
}

function joined({ say, sockets }, offset = 5) {
  const { id, channel } = sockets.at(-1).sent.at(-1)
  say({ type: 'subscribed', id, channel, payload: { channel, epoch: 'e', offset, recovered: false } })
}

const settled = () => new Promise((resolve) => { setTimeout(resolve) })
const globals = {}
const replace = (name, value) => {
  globals[name] ??= Object.getOwnPropertyDescriptor(globalThis, name) ?? null
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}
afterEach(() => {
  for (const [name, descriptor] of Object.entries(globals)) {
    if (descriptor) Object.defineProperty(globalThis, name, descriptor)
    else delete globalThis[name]
    delete globals[name]
  }
})

test('every message is a message event, as it came, also what is for no handler', () => {
  const { client, seen, say, establish } = begin()
  client.connect()
  establish()
  say({ type: 'config_changed', changeType: 'theme' })
  say({ type: 'log_entry', channel: 'team:nobody', offset: 3 })
  assert.deepEqual(seen.message.map(({ type }) => type), ['connected', 'config_changed', 'log_entry'])
})

test('each state is an event of its own name too, until the listener is taken back', () => {
  const { client, establish } = begin()
  const heard = []
  const offs = ['connecting', 'connected', 'reconnecting', 'disconnected'].map((name) =>
    client.on(name, (event) => heard.push([name, event.state])))
  client.connect()
  establish()
  offs.forEach((off) => off())
  client.disconnect()
  assert.deepEqual(heard, [['connecting', 'connecting'], ['connected', 'connected']])
  assert.equal(client.state, 'disconnected')
})

test('wrong use is a TypeError at once', () => {
  const { client } = begin()
  assert.throws(() => client.on('conected', () => {}), TypeError)
  assert.throws(() => client.subscribe('team:a'), TypeError)
  assert.throws(() => client.subscribe({}, () => {}), TypeError)
  assert.throws(() => createRealtimeClient({ url: 'no address', createSocket() {} }), TypeError)
})

test('without a WebSocket of the world a createSocket is needed', () => {
  replace('WebSocket', undefined)
  assert.throws(() => createRealtimeClient({ url: 'wss://a.example/ws' }), /createSocket/)
  replace('WebSocket', class { constructor(...all) { this.all = all } send() {} close() {} })
  const client = createRealtimeClient({ url: 'wss://a.example/ws', token: 't' })
  client.connect()
  client.disconnect()
})

test('a handler may dispose of itself and of others while it is told', () => {
  const run = begin()
  const { client, establish, say } = run
  const told = []
  client.connect()
  establish()
  const first = client.subscribe('team:a', ({ offset }) => {
    told.push(`first ${offset}`)
    if (offset !== 6) return
    first.dispose()
    second.dispose()
  })
  joined(run)
  const second = client.subscribe('team:a', ({ offset }) => told.push(`second ${offset}`))
  joined(run)
  say({ type: 'log_entry', channel: 'team:a', offset: 6 })
  say({ type: 'log_entry', channel: 'team:a', offset: 7 })
  assert.deepEqual(told, ['first undefined', 'second undefined', 'first 6'])
  assert.equal(run.sockets[0].sent.at(-1).type, 'unsubscribe')
})

test('what a handler asks for comes after what was under way', () => {
  const run = begin()
  const { client, establish } = run
  const order = []
  client.on('state', ({ state }) => {
    order.push(state)
    if (state === 'connected') client.disconnect()
  })
  client.on('connected', () => order.push('listener of connected'))
  client.subscribe('team:a', () => {})
  client.connect()
  establish()
  assert.deepEqual(order, ['connecting', 'connected', 'listener of connected', 'disconnected'])
  assert.deepEqual(run.sockets[0].closed, [1000])
})

test('a subscription tells its position, which is nobody else\'s to change', () => {
  const run = begin()
  const subscription = run.client.subscribe({ sessionId: 'x' }, () => {})
  assert.equal(subscription.channel, 'session:x')
  assert.equal(subscription.position, undefined)
  run.client.connect()
  run.establish()
  joined(run)
  run.say({ type: 'usage', channel: 'session:x', offset: 6 })
  subscription.position.offset = 99
  assert.deepEqual(subscription.position, { epoch: 'e', offset: 6 })
})

test('the caller\'s since is not touched', () => {
  const run = begin()
  const since = Object.freeze({ epoch: 'e', offset: 5 })
  run.client.subscribe('team:a', () => {}, { since })
  run.client.connect()
  run.establish()
  const { id } = run.sockets[0].sent[0]
  run.say({ type: 'subscribed', id, payload: { channel: 'team:a', epoch: 'e', offset: 6, recovered: true } })
  run.say({ type: 'log_entry', channel: 'team:a', offset: 6 })
  assert.equal(since.offset, 5)
})

test('listeners that throw starve nobody, and one of error cannot go round for ever', () => {
  const { client, seen, establish } = begin()
  replace('console', { ...console, error() {} })
  client.on('state', () => { throw new Error('state listener') })
  client.on('error', () => { throw new Error('error listener') })
  client.connect()
  establish()
  assert.equal(client.state, 'connected')
  assert.deepEqual(seen.error.map(({ code }) => code), ['HANDLER_FAILED', 'HANDLER_FAILED'])
})

test('a socket that cannot even be made is an attempt that failed', async () => {
  const { client, clock, seen } = begin({ createSocket() { throw new Error('blocked') } })
  client.connect()
  assert.equal(seen.error[0].code, 'SOCKET_FAILED')
  await clock.advance(10_000, settled)
  assert.equal(seen.state.at(-1).retryInMs, 125)
  await clock.advance(125, settled)
  assert.equal(seen.error.length, 2)
  client.disconnect()
})

test('a socket that throws at a command ends in another one', async () => {
  const { client, clock, sockets, seen, establish } = begin()
  client.subscribe('team:a', () => {})
  client.connect()
  sockets[0].send = () => { throw new Error('closing') }
  establish()
  assert.equal(seen.error[0].code, 'SOCKET_FAILED')
  await clock.advance(10_500, settled)
  establish()
  assert.equal(sockets[1].sent[0].type, 'subscribe')
})

test('disconnecting in a listener of connecting dials nothing', () => {
  const { client, sockets } = begin()
  client.on('connecting', () => client.disconnect())
  client.connect()
  assert.equal(sockets.length, 0)
  assert.equal(client.state, 'disconnected')
})

test('beginning anew in a listener of message is not the old connection\'s', () => {
  const { client, sockets, establish } = begin()
  const off = client.on('message', () => {
    off()
    client.disconnect()
    client.connect()
  })
  client.connect()
  establish()
  assert.equal(sockets.length, 2)
  assert.equal(client.state, 'connecting')
  establish()
  assert.equal(client.state, 'connected')
})

test('a socket that was given up is not listened to any more', async () => {
  const { client, clock, sockets, seen, establish } = begin()
  client.connect()
  establish()
  await clock.advance(20_500, settled)
  assert.equal(sockets.length, 2)
  sockets[0].onmessage({ data: '{"type":"connected"}' })
  sockets[0].onclose({ code: 4101 })
  assert.equal(seen.state.at(-1).state, 'reconnecting')
  establish()
  assert.equal(client.state, 'connected')
})

test('a token that comes after disconnecting dials nothing', async () => {
  let give
  const { client, sockets } = begin({ getToken: () => new Promise((resolve) => { give = resolve }) })
  client.connect()
  client.disconnect()
  give('late')
  await settled()
  assert.equal(sockets.length, 0)
})

test('an application that is done is not kept alive', async () => {
  const { client, clock, establish } = begin()
  client.connect()
  establish()
  assert.equal(clock.size, 1)
  client.disconnect()
  assert.equal(clock.size, 0)
})

test('rejections are errors with a code', async () => {
  const { client } = begin()
  await assert.rejects(client.ping(), (error) => error instanceof RealtimeError
    && error instanceof Error && error.code === 'NOT_CONNECTED' && error.message.length > 0)
})

test('binary data is no message', () => {
  const { client, seen, sockets, establish } = begin()
  client.connect()
  establish()
  sockets[0].onmessage({ data: new ArrayBuffer(2) })
  assert.equal(seen.error[0].code, 'INVALID_MESSAGE')
})

test('the environment is listened to only while there is something to keep up', () => {
  const environment = new EventTarget()
  const listening = new Set()
  environment.addEventListener = (type) => listening.add(type)
  environment.removeEventListener = (type) => listening.delete(type)
  const { client } = begin({ environment })
  assert.equal(listening.size, 0)
  client.connect()
  assert.deepEqual([...listening].sort(), ['offline', 'online', 'pageshow', 'visibilitychange'])
  client.disconnect()
  assert.equal(listening.size, 0)
})

test('a page\'s own events count, and being hidden does not', () => {
  const page = Object.assign(new EventTarget(), { visibilityState: 'hidden' })
  replace('document', page)
  const { client, sockets, establish } = begin()
  client.connect()
  establish()
  page.dispatchEvent(new Event('visibilitychange'))
  assert.equal(sockets[0].sent.length, 0)
  page.visibilityState = 'visible'
  page.dispatchEvent(new Event('visibilitychange'))
  assert.equal(sockets[0].sent[0].type, 'ping')
  client.disconnect()
})

test('an address may be of the web or a path of the page', () => {
  assert.equal(socketURL('https://a.example/ws'), 'wss://a.example/ws')
  assert.equal(socketURL('http://127.0.0.1:8080/ws'), 'ws://127.0.0.1:8080/ws')
  assert.equal(socketURL('wss://a.example/ws'), 'wss://a.example/ws')
  replace('location', { href: 'https://page.example/console/?x=1' })
  assert.equal(socketURL('/ws'), 'wss://page.example/ws')
  replace('URL', undefined)
  assert.equal(socketURL('wss://a.example/ws'), 'wss://a.example/ws')
})

test('the credential is checked at the same host, as the handshake presents it', async () => {
  const asked = []
  const answers = [401, 403, 200, 503]
  replace('fetch', async (url, options) => {
    asked.push([String(url), options])
    return { status: answers.shift() }
  })
  const url = 'wss://a.example:8443/ws'
  assert.equal(await checkSystemCredential({ url, token: 't' }), 'refused')
  assert.equal(await checkSystemCredential({ url }), 'refused')
  assert.equal(await checkSystemCredential({ url }), 'unknown')
  assert.equal(await checkSystemCredential({ url }), 'unknown')
  assert.equal(asked[0][0], 'https://a.example:8443/api/auth/me')
  assert.deepEqual(asked[0][1].headers, { authorization: 'Bearer t' })
  assert.deepEqual(asked[1][1].headers, {})
  assert.equal(asked[1][1].credentials, 'include')
  replace('fetch', undefined)
  assert.equal(await checkSystemCredential({ url }), 'unknown')
})

test('a credential check that fails, or never ends, does not end the attempts', async () => {
  const broken = begin({ checkCredential() { throw new Error('offline') } })
  broken.client.connect()
  broken.sockets[0].onclose({ code: 1006 })
  await settled()
  assert.equal(broken.seen.state.at(-1).reason, 'unreachable')
  broken.client.disconnect()
  const endless = begin({ checkCredential: () => new Promise(() => {}) })
  endless.client.connect()
  endless.sockets[0].onclose({ code: 1006 })
  await endless.clock.advance(10_000, settled)
  assert.equal(endless.seen.state.at(-1).reason, 'unreachable')
  endless.client.disconnect()
})
