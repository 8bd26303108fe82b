// The life of the connection: when to dial, when to give up on silence, when to stop. Pure: the time
// comes in with each event, actions go out through `act`.

import { duty, POLICY, reconnectDelay } from './policy.js'

export class Connection {
  state = 'disconnected'
  /** Number of the current attempt; what an older one reports is ignored. */
  link = 0

  #phase = 'idle'   // idle · waiting · preparing (token) · opening · checking (credential) · open
  #attempts = 0
  #handshakeDone = false
  #heartbeatMs = POLICY.heartbeatIntervalMs
  #drainMs = null
  #failure = null
  #retryAt = Infinity
  #connectBy = Infinity
  #stableAt = Infinity
  #pingAt = Infinity
  #deadBy = Infinity

  /** `act(action)`, `up(now)` after `connected`, `down(now, isFinal)` after each loss. */
  constructor({ random, backoff, act, up, down, nextId }) {
    Object.assign(this, { random, backoff, act, up, down, nextId })
  }

  get isUp() { return this.#phase === 'open' }

  /** When `tick` wants to be called. */
  get deadline() {
    return Math.min(this.#retryAt, this.#connectBy, this.#stableAt, this.#pingAt, this.#deadBy)
  }

  connect(now) {
    if (this.#phase === 'waiting') return this.#begin(now)
    if (this.state !== 'disconnected') return
    this.#attempts = 0
    this.#change('connecting', { attempt: 1 })
    this.#begin(now)
  }

  disconnect(now) {
    if (this.state === 'disconnected') return
    this.act({ do: 'close', code: 1000 })
    this.#stop(now, { reason: 'requested' })
  }

  /** The token is there and the socket is being made. */
  opening(now) {
    this.#phase = 'opening'
    this.#handshakeDone = false
    this.#connectBy = now + POLICY.connectTimeoutMs
  }

  tokenFailed(now, cause) {
    const message = `the token could not be had: ${cause?.message ?? cause}`
    this.act({ do: 'error', event: { code: 'TOKEN_UNAVAILABLE', message, cause } })
    this.#retry(now, { reason: 'token_unavailable', message })
  }

  /** The handshake succeeded; the server's `connected` is still to come. */
  opened() { this.#handshakeDone = true }

  /** The server's first word. */
  welcomed(heartbeatMs, now) {
    if (this.#phase !== 'opening') return
    if (heartbeatMs > 0) this.#heartbeatMs = heartbeatMs
    this.#clear()
    this.#phase = 'open'
    this.#stableAt = now + POLICY.stableMs
    this.#pingAt = now + this.#heartbeatMs
    this.#change('connected')
    this.up(now)
  }

  /** Something came in, so the connection lives. */
  heard(now) {
    if (!this.isUp) return
    this.#deadBy = Infinity
    this.#pingAt = now + this.#heartbeatMs
  }

  /** The server will restart, and has chosen when this client comes back. */
  draining(delayMs) { if (delayMs >= 0) this.#drainMs = delayMs }

  /** The socket ended, by whatever side. */
  closed(now, code, message) {
    if (this.#phase !== 'opening' && !this.isUp) return
    if (!this.#handshakeDone) {
      // Refused or unreachable: this side of the socket cannot tell, so the credential is checked.
      this.#clear()
      this.#phase = 'checking'
      this.#failure = { reason: 'unreachable', code, message }
      this.#connectBy = now + POLICY.connectTimeoutMs
      return this.act({ do: 'check' })
    }
    this.#lost(now, code, message)
  }

  /** What `checkCredential` said: 'refused', or anything else for unknown. */
  checked(now, verdict) {
    if (this.#phase !== 'checking') return
    if (verdict !== 'refused') return this.#retry(now, this.#failure)
    this.#stop(now, { reason: 'refused', message: 'the server refuses the credential' })
  }

  /** Silence, or an answer that never came: the connection is given up. */
  abandon(now, message) {
    this.act({ do: 'close', code: 4001 })
    this.#lost(now, 4001, message)
  }

  /** 'online', 'offline', 'visible' or 'pageshow': the world may have changed. */
  environment(event, now) {
    if (this.isUp) return this.probe(now)
    if (this.#phase !== 'waiting' || event === 'offline') return
    const soon = now + Math.round(this.random() * POLICY.spreadMs)
    this.#retryAt = Math.min(this.#retryAt, soon)
  }

  /** Asks for a sign of life, unless one is awaited already. */
  probe(now) {
    if (this.#deadBy === Infinity) this.act({ do: 'send', command: this.pinged(now) })
  }

  /** A ping on its way: silence is measured from here. */
  pinged(now) {
    this.#pingAt = Infinity
    this.#deadBy = Math.min(this.#deadBy, now + POLICY.patienceMs)
    return { type: 'ping', id: this.nextId('p') }
  }

  tick(now) {
    if (now >= this.#stableAt) this.#settle()
    if (now >= this.#connectBy) return this.#timedOut(now)
    if (now >= this.#retryAt) return this.#begin(now)
    if (now >= this.#deadBy) return this.abandon(now, 'nothing was heard from the server')
    if (now >= this.#pingAt) this.probe(now)
  }

  #begin(now) {
    this.#clear()
    this.#phase = 'preparing'
    this.#connectBy = now + POLICY.connectTimeoutMs
    this.link += 1
    this.act({ do: 'open', link: this.link })
  }

  #timedOut(now) {
    if (this.#phase === 'checking') return this.#retry(now, this.#failure)
    this.act({ do: 'close', code: 4001 })
    this.#retry(now, { reason: 'timeout', message: 'the server did not answer in time' })
  }

  #lost(now, code, message) {
    if (now >= this.#stableAt) this.#settle()
    const then = duty(code)
    if (then === 'signInFirst') return this.#stop(now, { reason: 'signed_out', code, message })
    if (then === 'doNotReconnect') return this.#stop(now, { reason: 'forbidden', code, message })
    if (code === 1002 || code === 1007 || code === 1009) {
      const text = `the server closed with ${code}: ${message}`
      this.act({ do: 'error', event: { code: 'PROTOCOL_ERROR', message: text, closeCode: code } })
    }
    this.#retry(now, { reason: 'lost', code, message })
  }

  #retry(now, failure) {
    const attempt = this.#attempts++
    const delay = this.#drainMs ?? reconnectDelay(failure.code, attempt, this.random, this.backoff)
    const state = this.state === 'connecting' ? 'connecting' : 'reconnecting'
    this.#end(now, 'waiting', false)
    this.#retryAt = now + delay
    this.#change(state, { ...failure, retryInMs: delay, attempt: attempt + 1 })
  }

  #stop(now, failure) {
    this.#end(now, 'idle', true)
    this.#change('disconnected', failure)
  }

  #end(now, phase, isFinal) {
    this.#clear()
    this.#phase = phase
    this.#drainMs = this.#failure = null
    this.link += 1
    this.down(now, isFinal)
  }

  #clear() {
    this.#retryAt = this.#connectBy = this.#stableAt = this.#pingAt = this.#deadBy = Infinity
  }

  #settle() {
    this.#attempts = 0
    this.#stableAt = Infinity
  }

  #change(state, detail) {
    const previous = this.state
    this.state = state
    this.act({ do: 'state', event: { state, previous, ...detail } })
  }
}
