// The shell: gives the machine its events, and does what it says with sockets, timers and handlers.

import {
  checkSystemCredential, createSystemSocket, socketURL, systemClock, watchEnvironment,
} from './environment.js'
import { ClientMachine } from './machine.js'

const EVENTS = ['connecting', 'connected', 'reconnecting', 'disconnected', 'error', 'message', 'state']
const LONGEST_TIMEOUT = 2 ** 31 - 1   // longer ones fire at once

/** What promises are rejected with; `code` says which of the documented reasons it was. */
export class RealtimeError extends Error {
  constructor({ code, message }) {
    super(message ?? code)
    this.name = 'RealtimeError'
    this.code = code
  }
}

export class RealtimeClient {
  #options
  #machine
  #clock
  #socket = null
  #token
  #listeners = new Map(EVENTS.map((name) => [name, new Set()]))
  #queue = []
  #isPerforming = false
  #timer = null
  #timerAt = Infinity
  #stopWatching = null

  constructor(options) {
    if (!options.createSocket && typeof globalThis.WebSocket !== 'function') {
      throw new TypeError('there is no WebSocket here: pass createSocket')
    }
    this.#options = {
      random: Math.random, createSocket: createSystemSocket,
      checkCredential: checkSystemCredential, ...options, url: socketURL(options.url),
    }
    this.#clock = options.clock ?? systemClock
    this.#machine = new ClientMachine(this.#options)
  }

  get state() { return this.#machine.connection.state }

  connect() {
    this.#step((machine, now) => machine.connection.connect(now))
  }

  disconnect() {
    this.#step((machine, now) => machine.connection.disconnect(now))
  }

  subscribe(target, handler, { since, recover } = {}) {
    if (typeof handler !== 'function') throw new TypeError('the handler must be a function')
    const channel = channelOf(target)
    const record = this.#step(({ subscriptions }, now) =>
      subscriptions.add(channel, { since, recover, tag: handler }, now))
    return {
      channel,
      get position() { return record.cursor ? { ...record.cursor } : undefined },
      dispose: () => {
        record.tag = null
        this.#step(({ subscriptions }, now) => subscriptions.dispose(record, now))
      },
    }
  }

  unsubscribe(target) {
    const channel = channelOf(target)
    this.#step(({ subscriptions }, now) => subscriptions.disposeAll(channel, now))
  }

  ping() {
    return this.#promise((machine, now) => machine.ping(now))
  }

  respondToPermission(answer) {
    return this.#promise((machine, now) => machine.respond(answer, now))
  }

  on(event, listener) {
    const listeners = this.#listeners.get(event)
    if (!listeners) throw new TypeError(`there is no event '${event}', only ${EVENTS.join(', ')}`)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** One event for the machine, then everything that follows from it. */
  #step(event) {
    const result = event(this.#machine, this.#clock.now())
    this.#perform()
    return result
  }

  #promise(event) {
    const record = event(this.#machine, this.#clock.now())
    record.promise ??= new Promise((resolve, reject) => Object.assign(record, { resolve, reject }))
    this.#perform()
    return record.promise
  }

  /** In order, also when a handler calls the client back. */
  #perform() {
    this.#queue.push(...this.#machine.take())
    if (this.#isPerforming) return
    this.#isPerforming = true
    for (let next = 0; next < this.#queue.length; next += 1) {
      try {
        this.#do(this.#queue[next])
      } catch (cause) {
        // A socket that throws answers nothing: what is awaited from it times out.
        this.#emit('error', { code: 'SOCKET_FAILED', message: `${cause?.message ?? cause}`, cause })
      }
    }
    this.#queue = []
    this.#isPerforming = false
    this.#setTimer()
  }

  #do(action) {
    switch (action.do) {
      case 'open': return this.#open(action.link)
      case 'dial': return this.#dial(action.link, action.token)
      case 'send': return this.#socket?.send(JSON.stringify(action.command))
      case 'close': return this.#close(action.code)
      case 'check': return this.#check()
      case 'state': return this.#changed(action.event)
      case 'error': return this.#emit('error', action.event)
      case 'tell': return this.#tell(action.handler, action.message)
      case 'settle': return action.error
        ? action.record.reject(new RealtimeError(action.error))
        : action.record.resolve(action.outcome)
    }
  }

  #open(link) {
    const { token, getToken } = this.#options
    if (!getToken) return this.#dial(link, token)
    this.#later(getToken, (now, fresh) => this.#queue.push({ do: 'dial', link, token: fresh }),
      (now, cause) => this.#machine.connection.tokenFailed(now, cause))
  }

  #check() {
    const { connection } = this.#machine
    const { checkCredential, url } = this.#options
    const done = (now, verdict) => connection.checked(now, verdict)
    // No answer says nothing about the credential.
    this.#later(() => checkCredential({ url, token: this.#token }), done, done)
  }

  /** Does what may take its time or fail; what it brings to a later attempt is dropped. */
  #later(work, done, failed) {
    const { link } = this.#machine.connection
    const then = (step) => (result) => this.#ifCurrent(link, (machine, now) => step(now, result))
    new Promise((resolve) => { resolve(work()) }).then(then(done), then(failed))
  }

  #ifCurrent(link, event) {
    if (this.#machine.connection.link === link) this.#step(event)
  }

  #dial(link, token) {
    const { connection } = this.#machine
    if (connection.link !== link) return   // told to stop meanwhile
    this.#token = token
    connection.opening(this.#clock.now())
    const protocols = token ? ['switchboard.v1', `bearer.${token}`] : ['switchboard.v1']
    const socket = this.#options.createSocket(this.#options.url, protocols)
    this.#socket = socket
    socket.onopen = () => this.#ifCurrent(link, () => connection.opened())
    socket.onmessage = ({ data }) =>
      this.#ifCurrent(link, (machine, now) => this.#received(data, now))
    socket.onclose = ({ code, reason }) => this.#ifCurrent(link, (machine, now) => {
      this.#socket = null
      connection.closed(now, code ?? 1006, reason ?? '')
    })
    socket.onerror = () => {}   // the close that follows says all there is to know
  }

  #received(data, now) {
    let message = null
    try {
      if (typeof data === 'string') message = JSON.parse(data)
    } catch { /* said below, together with what is JSON and still no message */ }
    if (typeof message?.type !== 'string') return this.#machine.garbled(now)
    this.#machine.received(message, now)
    this.#emit('message', message)
  }

  #close(code) {
    const socket = this.#socket
    this.#socket = null
    socket?.close(code)
  }

  #changed(event) {
    if (event.state === 'disconnected') {
      this.#stopWatching?.()
      this.#stopWatching = null
    } else {
      this.#stopWatching ??= watchEnvironment(this.#options.environment, (happened) =>
        this.#step((machine, now) => machine.connection.environment(happened, now)))
    }
    this.#emit('state', event)
    this.#emit(event.state, event)
  }

  #tell({ channel, tag }, message) {
    if (tag) this.#call(tag, message, channel)
  }

  #emit(name, event) {
    for (const listener of [...this.#listeners.get(name)]) this.#call(listener, event, undefined, name)
  }

  /** One listener's exception starves no other; an error listener's own has nowhere to go. */
  #call(listener, argument, channel, name) {
    try {
      listener(argument)
    } catch (cause) {
      if (name === 'error') return globalThis.console?.error(cause)
      const message = `a handler failed: ${cause?.message ?? cause}`
      this.#emit('error', { code: 'HANDLER_FAILED', message, channel, cause })
    }
  }

  /** One timer for all deadlines; one that fires too early only looks and sets the next. */
  #setTimer() {
    const { deadline } = this.#machine
    if (deadline >= this.#timerAt && deadline !== Infinity) return
    this.#clock.clearTimeout(this.#timer)
    this.#timerAt = deadline
    if (deadline === Infinity) return
    const delay = Math.min(LONGEST_TIMEOUT, Math.max(0, deadline - this.#clock.now()))
    this.#timer = this.#clock.setTimeout(() => {
      this.#timerAt = Infinity
      this.#step((machine, now) => machine.tick(now))
    }, delay)
  }
}

function channelOf(target) {
  if (typeof target === 'string') return target
  if (typeof target?.sessionId === 'string') return `session:${target.sessionId}`
  throw new TypeError('a channel is a string, or {sessionId}')
}
