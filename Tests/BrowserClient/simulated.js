// Runs one behaviour case (Tests/ClientCases) against the client with a simulated server and clock.
// Imports nothing, so that a page can use it as well as Node.

/** A clock that moves by `advance` only; timers fire in order, each at its own time. */
export class SimulatedClock {
  #now = 0
  #timers = new Map()
  #count = 0

  now() { return this.#now }

  setTimeout(action, delayMs) {
    this.#timers.set(++this.#count, { at: this.#now + delayMs, action })
    return this.#count
  }

  clearTimeout(timer) { this.#timers.delete(timer) }

  get size() { return this.#timers.size }

  async advance(ms, settled) {
    const end = this.#now + ms
    for (let fired = 0; ; fired += 1) {
      if (fired > 10_000) throw new Error('timers without end')
      const [timer, next] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at)[0] ?? []
      if (!next || next.at > end) break
      this.#timers.delete(timer)
      this.#now = Math.max(this.#now, next.at)
      next.action()
      await settled()
    }
    this.#now = end
  }
}

/** Everything that follows without time passing has happened: promises are a few steps deep. */
async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

const KINDS = ['attempt', 'sent', 'closed', 'state', 'error', 'told', 'settled']

export class CaseRun {
  #script
  #client
  #clock = new SimulatedClock()
  #environment = new EventTarget()
  #seen = Object.fromEntries(KINDS.map((kind) => [kind, []]))
  #subscriptions = new Map()
  #ids = new Map()
  #socket = null
  #lastStatus = 200
  #events = 0

  constructor(script, createRealtimeClient) {
    this.#script = script
    const { token, tokens, backoff } = script.options ?? {}
    const randoms = [script.random ?? 0.5].flat()
    let [drawn, asked] = [0, 0]
    this.#client = createRealtimeClient({
      url: 'wss://simulated.example/ws', token, backoff, clock: this.#clock,
      random: () => randoms[drawn++ % randoms.length],
      getToken: tokens && (() => this.#token(tokens[Math.min(asked++, tokens.length - 1)])),
      createSocket: (url, protocols) => this.#attempt(protocols),
      checkCredential: async () => [401, 403].includes(this.#lastStatus) ? 'refused' : 'unknown',
      environment: this.#environment,
    })
    this.#client.on('state', (event) => this.#seen.state.push(event))
    this.#client.on('error', (event) => this.#seen.error.push(event))
  }

  /** Rejects with the step that was not as it should be. */
  async run() {
    let number = 0
    for (const step of this.#script.steps) {
      number += 1
      const [[verb, argument]] = Object.entries(step)
      try {
        await this.#step(verb, argument)
        await settled()
      } catch (error) {
        throw new Error(`"${this.#script.name}", step ${number} ${JSON.stringify(step)}: ${error.message}`)
      }
    }
    const left = Object.entries(this.#seen).filter(([, queue]) => queue.length > 0)
    if (left.length > 0) {
      throw new Error(`"${this.#script.name}": not expected: ${JSON.stringify(Object.fromEntries(left))}`)
    }
    this.#client.disconnect()
    await settled()
  }

  #token(token) {
    if (token === false) return new Promise(() => {})
    return token === null ? Promise.reject(new Error('no token today')) : Promise.resolve(token)
  }

  async #step(verb, argument) {
    const client = this.#client
    switch (verb) {
      case 'connect': return client.connect()
      case 'disconnect': return client.disconnect()
      case 'subscribe': return this.#subscribe(argument)
      case 'dispose': return this.#subscriptions.get(argument).dispose()
      case 'unsubscribe': return client.unsubscribe(argument.channel ?? argument)
      case 'ping': return this.#settles(argument.as, client.ping().then((roundTripMs) => ({ roundTripMs })))
      case 'respond': {
        const { as, ...answer } = argument
        return this.#settles(as, client.respondToPermission(answer))
      }
      case 'environment': return this.#happens(argument)
      case 'advance': return this.#clock.advance(argument, settled)
      case 'establish': return this.#establish(argument)
      case 'noAttempt': return this.#nothing('attempt')
      case 'sentNothing': return this.#nothing('sent')
      case 'settledNothing': return this.#nothing('settled')
      case 'toldNothing': return this.#nothing('told', (one) => one.to === argument)
      case 'told': return this.#expect('told', argument, (one) => one.to === argument.to)
      case 'settled': return this.#expect('settled', argument, (one) => one.as === argument.as)
      default:
        return KINDS.includes(verb) ? this.#expect(verb, argument) : this.#serve(verb, argument)
    }
  }

  // The app

  #subscribe({ as, channel, sessionId, throws, ...options }) {
    const handler = (message) => {
      this.#seen.told.push({ to: as, ...message })
      if (throws) throw new Error(`${as} throws`)
    }
    this.#subscriptions.set(as, this.#client.subscribe(channel ?? { sessionId }, handler, options))
  }

  #settles(as, promise) {
    promise.then((outcome) => this.#seen.settled.push({ as, ...outcome }),
      (error) => this.#seen.settled.push({ as, error: error.code }))
  }

  #happens(what) {
    this.#environment.dispatchEvent(new Event(what === 'visible' ? 'visibilitychange' : what))
  }

  // The server

  #attempt(protocols) {
    const socket = { isOpen: false, isOver: false }
    socket.send = (text) => {
      if (!socket.isOpen) throw new Error('sent on a socket that is not open')
      this.#seen.sent.push(JSON.parse(text))
    }
    socket.close = (code) => {
      if (socket.isOpen && !socket.isOver) this.#seen.closed.push({ code })
      socket.isOpen = false
      socket.isOver = true
    }
    this.#socket = socket
    this.#seen.attempt.push({ protocols })
    return socket
  }

  #serve(verb, argument) {
    const socket = this.#socket
    switch (verb) {
      case 'accept':
        socket.isOpen = true
        return socket.onopen({})
      case 'refuse':
        this.#lastStatus = argument.status
        return this.#end(1006)
      case 'send': return this.#send(argument)
      case 'sendText': return socket.onmessage({ data: argument })
      case 'close': return this.#end(argument.code, argument.reason)
      case 'drop': return this.#end(1006)
      default: throw new Error('no such step')
    }
  }

  #send(message) {
    const envelope = {
      timestamp: '2026-11-20T08:30:00.000Z', eventId: `event-${++this.#events}`, encoding: 'json',
    }
    this.#socket.onmessage({ data: JSON.stringify({ ...envelope, ...this.#fillIn(message) }) })
  }

  #end(code, reason = '') {
    this.#socket.isOpen = false
    this.#socket.isOver = true
    this.#socket.onclose({ code, reason })
  }

  async #establish({ heartbeatIntervalMs = 15_000 }) {
    this.#expect('attempt', {})
    this.#serve('accept')
    this.#send({ type: 'connected', connectionId: 'simulated', heartbeatIntervalMs })
    await settled()
    while (this.#take('state').state !== 'connected');
  }

  #fillIn(value) {
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) return value.map((item) => this.#fillIn(item))
    if ('$id' in value) return this.#ids.get(value.$id)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#fillIn(item)]))
  }

  // What must be seen

  #take(kind, isMeant = () => true) {
    const queue = this.#seen[kind]
    const index = queue.findIndex(isMeant)
    if (index < 0) throw new Error(`nothing was ${kind}; there is ${JSON.stringify(this.#seen)}`)
    return queue.splice(index, 1)[0]
  }

  #expect(kind, wanted, isMeant) {
    const seen = this.#take(kind, isMeant)
    const misfit = this.#misfit(wanted, seen, kind)
    if (misfit) throw new Error(`${misfit}, in ${JSON.stringify(seen)}`)
  }

  #nothing(kind, isMeant = () => true) {
    const seen = this.#seen[kind].filter(isMeant)
    if (seen.length > 0) throw new Error(`there is ${JSON.stringify(seen)}`)
  }

  /** Where they differ, or undefined. */
  #misfit(wanted, seen, path) {
    if (wanted === null || typeof wanted !== 'object') {
      return wanted === seen ? undefined : `${path} is ${JSON.stringify(seen)}`
    }
    if ('$absent' in wanted) return seen === undefined ? undefined : `${path} is there`
    if ('$id' in wanted) return this.#bind(wanted.$id, seen, path)
    if (seen === null || typeof seen !== 'object') return `${path} is ${JSON.stringify(seen)}`
    if (Array.isArray(wanted) && wanted.length !== seen.length) return `${path} is of another length`
    for (const key of Object.keys(wanted)) {
      const misfit = this.#misfit(wanted[key], seen[key], `${path}.${key}`)
      if (misfit) return misfit
    }
  }

  #bind(name, seen, path) {
    if (this.#ids.has(name)) {
      return this.#ids.get(name) === seen ? undefined : `${path} is another id than ${name}`
    }
    if (typeof seen !== 'string' || seen.length < 1 || seen.length > 64) return `${path} is no id`
    if ([...this.#ids.values()].includes(seen)) return `${path} is an id of before`
    this.#ids.set(name, seen)
  }
}

/** What this client has of the cases' `needs`. */
export const ABILITIES = ['noHandshakeStatus', 'handlers', 'page']

export const isFor = (script) => (script.needs ?? []).every((need) => ABILITIES.includes(need))

export const runCase = (script, createRealtimeClient) => new CaseRun(script, createRealtimeClient).run()
