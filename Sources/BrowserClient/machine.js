// The whole client without its effects: events and the time go in, `take()` gives the actions.
//
// Actions: {do: 'open', link} (get a token, make a socket) · {do: 'send', command} · {do: 'close',
// code} · {do: 'check'} (the credential) · {do: 'state', event} · {do: 'error', event} ·
// {do: 'tell', handler, message} · {do: 'settle', record, outcome | error}.

import { Connection } from './connection.js'
import { Outbox } from './outbox.js'
import { Pace } from './pace.js'
import { POLICY } from './policy.js'
import { Subscriptions } from './subscriptions.js'

const OFFLINE = { code: 'NOT_CONNECTED', message: 'there is no connection' }

export class ClientMachine {
  #actions = []
  #ids = 0
  #pings = new Map()

  constructor({ random, backoff = {} }) {
    const act = (action) => { this.#actions.push(action) }
    const shared = {
      random, act,
      backoff: { firstMs: POLICY.backoffFirstMs, maximumMs: POLICY.backoffMaximumMs, ...backoff },
      nextId: (kind) => `${kind}${++this.#ids}`,
      send: (command, now) => this.pace.send(command, now),
    }
    this.pace = new Pace(act)
    this.connection = new Connection({
      ...shared, up: (now) => this.#up(now), down: (now, isFinal) => this.#down(now, isFinal),
    })
    this.subscriptions = new Subscriptions({
      ...shared, abandon: (now, message) => this.connection.abandon(now, message),
    })
    this.outbox = new Outbox({ ...shared, subscriptions: this.subscriptions })
  }

  /** What is to be done, in this order. */
  take() {
    const actions = this.#actions
    if (actions.length > 0) this.#actions = []
    return actions
  }

  /** When `tick` is to be called. */
  get deadline() {
    return Math.min(this.connection.deadline, this.pace.deadline, this.subscriptions.deadline,
      this.outbox.deadline)
  }

  tick(now) {
    this.connection.tick(now)
    this.subscriptions.tick(now)
    this.outbox.tick(now)
    this.pace.tick(now)
  }

  received(message, now) {
    this.connection.heard(now)
    if (message.type === 'connected') {
      return this.connection.welcomed(message.heartbeatIntervalMs, now)
    }
    if (!this.connection.isUp) return
    if (Number.isSafeInteger(message.offset)) return this.subscriptions.publication(message, now)
    switch (message.type) {
      case 'subscribed': return this.#subscribed(message, now)
      case 'pong':
        return this.#pinged(message.id, ({ sentAt }) => ({ outcome: now - sentAt }))
      case 'draining': return this.connection.draining(message.payload?.reconnectInMs)
      case 'error': return this.#refused(message, now)
    }
  }

  /** What came in is not a message. */
  garbled(now) {
    this.connection.heard(now)
    this.#error('INVALID_MESSAGE', 'the server sent something that is not a message')
  }

  respond(answer, now) {
    const refusal = this.connection.state === 'disconnected'
      ? { code: 'DISCONNECTED', message: 'connect first: nothing would carry the answer' } : null
    return this.outbox.respond(answer, refusal, now)
  }

  ping(now) {
    const record = { sentAt: now }
    if (this.connection.isUp) {
      const command = this.connection.pinged(now)
      this.#pings.set(command.id, record)
      this.pace.send(command, now)
    } else {
      this.#actions.push({ do: 'settle', record, error: OFFLINE })
    }
    return record
  }

  #up(now) {
    this.subscriptions.up(now)
    this.outbox.up(now)
  }

  #down(now, isFinal) {
    this.pace.clear()
    this.subscriptions.down()
    this.outbox.down(now, isFinal)
    for (const record of this.#pings.values()) {
      this.#actions.push({ do: 'settle', record, error: OFFLINE })
    }
    this.#pings.clear()
  }

  #subscribed(message, now) {
    const { epoch, offset } = message.payload ?? {}
    if (typeof epoch !== 'string' || !Number.isSafeInteger(offset)) return this.garbled(now)
    this.subscriptions.subscribed(message, now)
  }

  /** False where no ping has this id. */
  #pinged(id, result) {
    const record = this.#pings.get(id)
    if (!record) return false
    this.#pings.delete(id)
    this.#actions.push({ do: 'settle', record, ...result(record) })
    return true
  }

  /** Finds whose command it is about; a reply to one that is not current is nobody's. */
  #refused(message, now) {
    const { id, channel, payload } = message
    if (typeof payload?.code !== 'string') return this.garbled(now)
    if (id === undefined && channel === undefined) return this.#error(payload.code, payload.message)
    if (this.#pinged(id, () => ({ error: payload })) || this.outbox.refused(message, now)) return
    this.subscriptions.refused(message, now)
  }

  #error(code, message) { this.#actions.push({ do: 'error', event: { code, message } }) }
}
