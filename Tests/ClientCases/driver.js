// One client with the clock in the hand of whoever sends the lines: the same in Node and in a page.
// The protocol is in README.md, "Drivers".

import { checkSystemCredential } from '../../Sources/BrowserClient/environment.js'
import { createRealtimeClient } from '../../Sources/BrowserClient/index.js'
import { SimulatedClock } from '../BrowserClient/simulated.js'

/** Everything that follows at once has happened when this is over. */
const settled = () => new Promise((resolve) => { setTimeout(resolve, 0) })

function cycle(values) {
  let next = 0
  return () => values[next++ % values.length]
}

/** Each call gets the next token, the last one again and again: null fails, false never comes. */
function tokenSource(tokens) {
  let next = 0
  return async () => {
    const token = tokens[Math.min(next++, tokens.length - 1)]
    if (token === false) await new Promise(() => {})
    if (token === null) throw new Error('as the case wants it')
    return token
  }
}

/** One client of one case, which reports until the next case begins. */
class Client {
  #report
  #clock = new SimulatedClock()
  #environment = new EventTarget()
  #subscriptions = new Map()
  #makeSocket
  #socket = null
  #client
  #checking = null   // a look at REST after a handshake that failed

  constructor({ url, random, options: { tokens, ...options } }, makeSocket, report) {
    const next = cycle([random].flat())
    this.#makeSocket = makeSocket
    this.#report = report
    this.#client = createRealtimeClient({
      ...options, url, clock: this.#clock, environment: this.#environment,
      ...(tokens && { getToken: tokenSource(tokens) }),
      random: next,
      createSocket: (to, protocols) => this.#open(to, protocols),
      checkCredential: (request) => {
        const verdict = checkSystemCredential(request)
        this.#checking = verdict.catch(() => {})
        return verdict
      },
    })
    for (const name of ['state', 'error']) {
      this.#client.on(name, ({ cause, ...event }) => this.#observe({ [name]: event }))
    }
  }

  /** The case is over: nothing more is said, and the connection is cut. */
  end() {
    this.#report = () => {}
    this.#socket?.close()
  }

  async do({ connect, disconnect, subscribe, dispose, unsubscribe, ping, respond, environment, advance }) {
    if (connect) this.#client.connect()
    if (disconnect) this.#client.disconnect()
    if (subscribe) this.#subscribe(subscribe)
    if (dispose) this.#subscriptions.get(dispose).dispose()
    if (unsubscribe) this.#client.unsubscribe(unsubscribe.channel ?? unsubscribe)
    if (ping) this.#settle(ping.as, this.#client.ping().then((roundTripMs) => ({ roundTripMs })))
    if (respond) {
      const { as, ...answer } = respond
      this.#settle(as, this.#client.respondToPermission(answer))
    }
    if (environment) {
      this.#environment.dispatchEvent(
        new Event(environment === 'visible' ? 'visibilitychange' : environment))
    }
    if (advance !== undefined) await this.#clock.advance(advance, settled)
    await settled()
  }

  #subscribe({ as, channel, sessionId, throws, ...position }) {
    const handler = (message) => {
      this.#observe({ told: { ...message, to: as } })
      if (throws) throw new Error('as the case wants it')
    }
    this.#subscriptions.set(as, this.#client.subscribe(channel ?? { sessionId }, handler, position))
  }

  #settle(as, promise) {
    promise.then(
      (outcome) => this.#observe({ settled: { as, ...outcome } }),
      (error) => this.#observe({ settled: { as, error: error.code } }))
  }

  /** A real socket between the client and the network; what the client did with each event is
   * reported before the event is. */
  #open(url, protocols) {
    this.#say({ socket: 'created' })
    const socket = this.#socket = this.#makeSocket(url, protocols)
    let isOver = false
    const seen = {
      send: (text) => {
        this.#say({ socket: 'sent' })
        socket.send(text)
      },
      close: (code) => {
        if (isOver) return
        isOver = true
        this.#say({ socket: 'closing' })
        socket.close(code)
      },
    }
    const pass = (name, type) => {
      socket[`on${type}`] = async (event) => {
        if (isOver) return
        isOver = type === 'close'
        seen[`on${type}`]?.(event)
        await settled()
        await this.#checking
        await settled()
        this.#say({ socket: name })
      }
    }
    pass('opened', 'open')
    pass('message', 'message')
    pass('closed', 'close')
    socket.onerror = () => {}
    return seen
  }

  #observe(observed) { this.#say({ observed }) }

  #say(report) { this.#report(report) }
}

/** Carries out lines in their order; `report` takes what goes back. */
export class Driver {
  #makeSocket
  #report
  #client = null
  #count = 0
  #last = Promise.resolve()

  constructor(makeSocket, report) {
    this.#makeSocket = makeSocket
    this.#report = report
  }

  line(text) {
    this.#last = this.#last.then(() => this.#do(JSON.parse(text).do))
  }

  async #do(step) {
    if (step.start) {
      this.#client?.end()
      this.#client = new Client(step.start, this.#makeSocket, this.#report)
    } else {
      await this.#client.do(step)
    }
    this.#count += 1
    this.#report({ done: this.#count })
  }
}
