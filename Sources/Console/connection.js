// One WebSocket that is kept up: resumes every channel from its position, and obeys close codes.

import { Backoff, duty } from './backoff.js'

const QUIET = 25_000      // say ping after this long without a word (ms)
const PATIENCE = 15_000   // and give the connection up when nothing comes back
const SETTLED = 10_000    // a connection that lived this long makes the next failure a first one

/**
 * Calls `on.state(state, text)` with 'wait', 'on' or 'ended'; `on.event(message)` for what a person
 * wants to see, each publication once and in order; `on.gap(channel)` when history was no longer
 * there and REST has to be read again; `on.signIn()` when the credential has ended.
 */
export class Connection {
  #on
  #socket = null
  #positions = new Map()   // channel → {epoch, offset}, or null before the first answer
  #backoff = new Backoff()
  #timers = {}
  #drainDelay = null
  #stopped = false

  constructor(on) {
    this.#on = on
    addEventListener('online', () => this.#retryNow())
  }

  open() {
    if (this.#stopped) return
    this.#on.state('wait', 'connecting…')
    const socket = new WebSocket(`wss://${location.host}/ws`, 'switchboard.v1')
    this.#socket = socket
    let wasOpen = false
    socket.onopen = () => {
      wasOpen = true
      this.#timers.settled = setTimeout(() => this.#backoff.reset(), SETTLED)
    }
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data))
    socket.onclose = ({ code, reason }) => this.#closed(code, reason, wasOpen)
  }

  /** Ends it for good: nothing comes after this. */
  stop() {
    this.#stopped = true
    this.#clearTimers()
    if (this.#socket) this.#socket.onclose = this.#socket.onmessage = null
    this.#socket?.close(1000)
    this.#on.state('off', 'not connected')
  }

  get channels() { return [...this.#positions.keys()] }

  subscribe(channel) {
    if (!this.#positions.has(channel)) this.#positions.set(channel, null)
    const since = this.#positions.get(channel)
    this.#send({ type: 'subscribe', channel, ...(since && { since }) })
  }

  unsubscribe(channel) {
    if (this.#positions.delete(channel)) this.#send({ type: 'unsubscribe', channel })
  }

  #send(command) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command))
  }

  #receive(message) {
    this.#watch()
    switch (message.type) {
      case 'connected':
        this.#on.state('on', 'live')
        return this.channels.forEach((channel) => this.subscribe(channel))
      case 'subscribed': return this.#subscribed(message.payload)
      case 'pong': case 'unsubscribed': return
      case 'draining':
        this.#drainDelay = message.payload.reconnectInMs
        return
      case 'error': this.#refused(message)
    }
    if (Number.isInteger(message.offset) && !this.#advance(message)) return
    this.#on.event(message)
  }

  #subscribed({ channel, epoch, offset, recovered }) {
    const had = this.#positions.get(channel)
    if (had === undefined) return
    if (recovered) return                     // what was missed follows, and moves the position
    this.#positions.set(channel, { epoch, offset })
    if (had) this.#on.gap(channel)
  }

  /** A channel that may not be read is not asked for again; one that can't be decided on is. */
  #refused({ channel, offset, payload }) {
    if (offset !== undefined || !this.#positions.has(channel)) return
    if (/^CHANNEL_(FORBIDDEN|INVALID)$/.test(payload.code)) this.#positions.delete(channel)
    if (payload.code === 'CHANNEL_UNAVAILABLE') {
      this.#timers[channel] = setTimeout(
        () => this.#positions.has(channel) && this.subscribe(channel), this.#backoff.delay())
    }
  }

  /** False for a publication that was seen before, or of a channel that was left meanwhile. */
  #advance({ channel, offset }) {
    const position = this.#positions.get(channel)
    if (!position || offset <= position.offset) return false
    position.offset = offset
    return true
  }

  /** A silent connection may be a dead one: ask, then give it up. */
  #watch() {
    clearTimeout(this.#timers.quiet)
    clearTimeout(this.#timers.patience)
    this.#timers.quiet = setTimeout(() => {
      this.#send({ type: 'ping' })
      this.#timers.patience = setTimeout(() => this.#abandon(), PATIENCE)
    }, QUIET)
  }

  #abandon() {
    this.#socket.onclose = this.#socket.onmessage = null
    this.#socket.close()
    this.#closed(4001, 'no answer from the server', true)
  }

  #closed(code, reason, wasOpen) {
    this.#clearTimers()
    this.#socket = null
    const next = duty(code)
    if (next === 'signInFirst') return this.#on.signIn(reason)
    if (next === 'doNotReconnect') return this.#on.state('ended', reason || 'ended by the server')
    // A refused handshake looks like a lost network here: REST tells whether the login still holds.
    if (!wasOpen) this.#on.refused()
    const delay = this.#drainDelay ?? this.#backoff.delay(next)
    this.#drainDelay = null
    this.#timers.retry = setTimeout(() => this.open(), delay)
    const seconds = Math.max(1, Math.round(delay / 1000))
    this.#on.state('wait', `${reason || 'connection lost'} (${code}), again in ${seconds} s`)
  }

  #retryNow() {
    if (this.#socket || this.#stopped || !this.#timers.retry) return
    clearTimeout(this.#timers.retry)
    this.#timers.retry = setTimeout(() => this.open(), 100 + Math.random() * 900)
  }

  #clearTimers() {
    Object.values(this.#timers).forEach(clearTimeout)
    this.#timers = {}
  }
}
