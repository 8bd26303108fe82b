// One history of the client, a server, the network between them and an app, all from one seed: the
// handlers must see every publication once and in order, or be told of a gap; every answer must end
// once, with the truth. Imports nothing but the client, so that a page can use it as well as Node.

import { ClientMachine } from '../../Sources/BrowserClient/machine.js'
import { Agenda } from './agenda.js'
import { Checker } from './checker.js'
import { SimulatedServer } from './server.js'

const CHANNELS = ['team:t', 'spec:s', 'session:x', 'session:y']
const HEALING_MS = 300_000
const MOST_EVENTS = 100_000

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
export function randomSource(seed) {
  let state = seed | 0
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Runs the history of a seed; throws with what went wrong. Adds to `counts`. */
export function runHistory(seed, counts) {
  new Simulation(seed, counts).run()
  counts.histories += 1
}

export const newCounts = () => ({
  histories: 0, events: 0, publications: 0, connections: 0, losses: 0, recoveries: 0, gaps: 0,
  skips: 0, refusals: 0, answers: 0, resolved: 0, timeout: 0, already_resolved: 0, not_found: 0,
  rejected: 0,
})

class Simulation {
  constructor(seed, counts) {
    this.random = randomSource(seed)
    this.counts = counts
    this.agenda = new Agenda()
    this.machine = new ClientMachine({ random: this.random })
    this.checker = new Checker(this.random, counts)
    this.server = new SimulatedServer({
      channels: CHANNELS, random: this.random, agenda: this.agenda,
      deliver: (link, message) => this.#atClient(link, () => this.#receive(message)),
      ended: (link, code) => this.#atClient(link, () => this.#ended(code)),
    })
    this.link = null
  }

  run() {
    if (this.random() < 0.5) this.#subscribe()
    this.machine.connection.connect(0)
    this.#perform()
    let moment = 0
    for (let left = 15 + this.#upTo(45); left > 0; left -= 1) {
      this.#runUntil(moment)
      this.#act()
      this.#perform()
      moment += this.random() < 0.1 ? this.#upTo(20_000) : this.#upTo(120)
    }
    this.#runUntil(moment)
    this.#heal()
  }

  // Time

  #runUntil(end, isDone = null) {
    const { agenda, machine } = this
    for (let events = 0; !isDone?.(); events += 1) {
      if (events > MOST_EVENTS) throw new Error('the client never comes to rest')
      const wake = machine.deadline
      const next = Math.min(wake, agenda.nextAt)
      if (next > end) {
        agenda.now = Math.max(agenda.now, end)
        return
      }
      this.counts.events += 1
      if (agenda.nextAt <= wake) {
        agenda.step()
      } else {
        agenda.now = Math.max(agenda.now, wake)
        machine.tick(agenda.now)
      }
      this.#perform()
    }
  }

  /** Nothing goes wrong any more: all must be well soon, and stay so. */
  #heal() {
    const { agenda, checker, machine, server } = this
    server.isFaulty = false
    server.isCredentialGood = true
    for (const name of CHANNELS) server.allow(name)
    if (this.random() < 0.5) server.drop()
    for (const name of CHANNELS) server.publish(name, 'log_entry')
    machine.connection.connect(agenda.now)
    this.#perform()
    this.#runUntil(agenda.now + HEALING_MS, () => this.#isWell())
    if (!this.#isWell()) throw new Error(`after healing: ${this.#complaint()}`)
    // What is still on its way arrives, on a network that may just be standing still; then all is
    // well for good, and the server holds what somebody wants and nothing else.
    this.#runUntil(agenda.now + 45_000)
    this.#runUntil(agenda.now + HEALING_MS, () => this.#isWell())
    if (!this.#isWell()) throw new Error(`later: ${this.#complaint()}`)
    const held = server.heldChannels()
    const leaked = held.filter((name) => !checker.handlers.some((one) => one.channel === name))
    if (leaked.length > 0) throw new Error(`subscribed for nobody: ${leaked}`)
  }

  #isWell() {
    return this.machine.connection.isUp && this.checker.openPromises === 0
      && this.checker.handlers.every((one) => one.isRefused || this.#isThere(one))
  }

  #isThere({ channel, epoch, offset }) {
    const stream = this.server.stream(channel)
    return epoch === stream.epoch && offset === stream.head
  }

  #complaint() {
    const behind = this.checker.handlers.filter((one) => !one.isRefused && !this.#isThere(one))
      .map(({ channel, epoch, offset }) => `${channel} is at ${epoch}:${offset}, not at `
        + `${this.server.stream(channel).epoch}:${this.server.stream(channel).head}`)
    return `${this.machine.connection.state}, ${this.checker.openPromises} open promises, ${behind}`
  }

  // The client's shell

  #perform() {
    for (let actions = this.machine.take(); actions.length > 0; actions = this.machine.take()) {
      for (const action of actions) this.#do(action)
    }
  }

  #do(action) {
    const { agenda, checker, machine, server } = this
    switch (action.do) {
      case 'open': return this.#open(action.link)
      case 'send': return server.sent(this.link, action.command)
      case 'close':
        if (this.link) server.closedByClient(this.link)
        this.link = null
        return
      case 'check': {
        const { link } = machine.connection
        const verdict = server.isCredentialGood ? 'unknown' : 'refused'
        return agenda.after(this.#upTo(300), () => {
          if (machine.connection.link === link) machine.connection.checked(agenda.now, verdict)
        })
      }
      case 'state': return this.#changed(action.event)
      case 'error': return checker.error(action.event, server)
      case 'tell':
        if (action.handler.tag && checker.told(action.handler.tag, action.message)) {
          this.#reactTo(action.handler.tag)
        }
        return
      case 'settle': return checker.settled(action, server, machine.connection.state === 'disconnected')
    }
  }

  #open(link) {
    const { agenda, machine, server } = this
    if (machine.connection.link !== link) return
    if (server.isFaulty && this.random() < 0.03) {
      return agenda.after(this.#upTo(100), () => {
        if (machine.connection.link === link) machine.connection.tokenFailed(agenda.now, 'no token')
      })
    }
    machine.connection.opening(agenda.now)
    this.link = server.dialled(link, () => this.#atClient(this.link, () => {
      machine.connection.opened()
    }))
  }

  /** Only the current socket is listened to. */
  #atClient(link, action) {
    if (link === this.link && link !== null) action()
  }

  #receive(message) { this.machine.received(message, this.agenda.now) }

  #ended(code) {
    this.link = null
    this.counts.losses += 1
    this.machine.connection.closed(this.agenda.now, code, '')
  }

  #changed({ state, reason }) {
    if (state === 'connected') this.counts.connections += 1
    if (state !== 'disconnected') return
    this.checker.stopped()
    this.counts.refusals += reason === 'requested' ? 0 : 1
    this.server.isCredentialGood = true   // the person signs in again
    this.agenda.after(this.#upTo(3_000), () => this.machine.connection.connect(this.agenda.now))
  }

  // The app, and the rest of the world

  #act() {
    const { agenda, checker, machine, server } = this
    const { now } = agenda
    const dice = this.#upTo(100)
    if (dice < 34) return this.#publish()
    if (dice < 44) return this.#subscribe()
    if (dice < 49) return this.#dispose()
    if (dice < 50) return this.#disposeAll()
    if (dice < 59) return this.#respond()
    if (dice < 62) return server.endQuestion(this.#sessionID(), this.random() < 0.5)
    if (dice < 68) return server.drop()
    if (dice < 75) return server.close()
    if (dice < 77) return server.drain()
    if (dice < 80) return server.stall()
    if (dice < 82) return server.vanish()
    if (dice < 84) return server.beginAnew(this.#channel())
    if (dice < 87) return server.trim(this.#channel())
    if (dice < 89) return server.forbid(this.#channel())
    if (dice < 91) return server.allow(this.#channel())
    if (dice < 92) return machine.connection.disconnect(now)
    if (dice < 96) return machine.connection.environment(
      ['online', 'offline', 'visible', 'pageshow'][this.#upTo(4)], now)
    if (dice < 98) return checker.asked(machine.ping(now))
    if (dice < 99) { server.isCredentialGood = false }
    else server.pausesAtNext = true
  }

  #publish() {
    const name = this.#channel()
    for (let left = 1 + this.#upTo(5); left > 0; left -= 1) this.server.publish(name, 'log_entry')
  }

  #subscribe() {
    const channel = this.#channel()
    const { epoch, head } = this.server.stream(channel)
    const dice = this.random()
    let since
    if (dice < 0.3) since = { epoch, offset: this.#upTo(head + 1) }
    else if (dice < 0.33) since = { epoch: 'elsewhere', offset: 3 }
    else if (dice < 0.36) since = { epoch, offset: head + 1 + this.#upTo(3) }
    const recover = this.random() > 0.15
    const tag = this.checker.handler({ channel, since, recover })
    tag.record = this.machine.subscriptions.add(channel, { since, recover, tag }, this.agenda.now)
  }

  #dispose(one = this.#pick(this.checker.handlers)) {
    if (!one) return
    one.record.tag = null
    this.checker.disposed(one)
    this.machine.subscriptions.dispose(one.record, this.agenda.now)
  }

  #disposeAll() {
    const channel = this.#channel()
    for (const one of this.checker.handlers) {
      if (one.channel !== channel) continue
      one.record.tag = null
      this.checker.disposed(one)
    }
    this.machine.subscriptions.disposeAll(channel, this.agenda.now)
  }

  #respond() {
    const sessionId = this.#sessionID()
    const dice = this.random()
    const requestId = dice < 0.75 ? this.server.ask(sessionId)
      : dice < 0.95 ? this.server.anyQuestion(sessionId) ?? 'none' : `none-${this.#upTo(3)}`
    const answer = { sessionId, requestId, allowed: this.random() < 0.5 }
    this.checker.answered(this.machine.respond(answer, this.agenda.now), answer)
  }

  /** A handler may well call the client back. */
  #reactTo(one) {
    const dice = this.random()
    if (dice < 0.01) this.#dispose(one)
    else if (dice < 0.02) this.#subscribe()
    else if (dice < 0.03) this.#respond()
  }

  #channel() { return this.#pick(CHANNELS) }

  #sessionID() { return this.random() < 0.7 ? 'x' : 'y' }

  #pick(list) { return list[this.#upTo(list.length)] }

  #upTo(limit) { return Math.floor(this.random() * limit) }
}
