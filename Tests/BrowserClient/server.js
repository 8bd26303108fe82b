// A server as the contract describes it, and a network that does to its connections what networks
// do. Where the contract leaves a choice, it is thrown for.

const CLOSE_CODES = [
  1000, 1001, 1002, 1006, 1007, 1009, 1011, 1012, 1012, 3000, 4001, 4002, 4002, 4008, 4050, 4101,
  4103, 4177,
]
const PASSING = ['CHANNEL_UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL_ERROR']
const CAP = 3
const BURST = 100
const PER_SECOND = 50

/** One channel: what was published in its epoch, and what of it is still kept. */
class Stream {
  head = 0
  floor = 0             // everything after it is kept
  isForbidden = false
  texts = []            // by offset, of this epoch

  constructor(name, epoch) {
    this.name = name
    this.epoch = epoch
  }
}

export class SimulatedServer {
  isFaulty = true
  isCredentialGood = true
  hasSkipped = false
  pausesAtNext = false
  #streams
  #questions = new Map()
  #epochs = 0
  #asked = 0
  #link = null          // the one connection that is not over on this side

  constructor({ channels, random, agenda, deliver, ended }) {
    Object.assign(this, { random, agenda, deliver, ended })
    this.#streams = new Map(channels.map((name) => [name, new Stream(name, `e${this.#epochs++}`)]))
  }

  stream(name) { return this.#streams.get(name) }

  heldChannels() { return this.#link ? [...this.#link.held.keys()] : [] }

  question(sessionId, requestId) { return this.#questions.get(`${sessionId} ${requestId}`) }

  // Connections

  /** A handshake: it succeeds (`opened` is called), fails, or stays without an answer. */
  dialled(number, opened) {
    const { agenda } = this
    const link = {
      number, held: new Map(), isOpen: false, isOver: false, isCut: false,
      upAt: 0, downAt: 0, delayMs: 1 + this.#upTo(60), drawn: 0, drawnAt: 0,
    }
    const dice = this.isFaulty ? this.random() : 1
    if (dice < 0.03) return link
    agenda.after(link.delayMs, () => {
      if (link.isOver) return
      if (dice < 0.1 || !this.isCredentialGood) return this.ended(link, 1006)
      link.isOpen = true
      opened()
      this.#link = link
      if (dice < 0.12) return
      this.#say(link, { type: 'connected', connectionId: `c${number}`, heartbeatIntervalMs: 15_000 })
    })
    return link
  }

  /** The client's command begins its way; commands arrive in order, or not at all. */
  sent(link, command) {
    if (!link?.isOpen) throw new Error(`${command.type} was sent without an open socket`)
    if (link.isOver || link.isCut) return
    link.upAt = Math.max(link.upAt, this.agenda.now + link.delayMs + this.#upTo(20))
    this.agenda.at(link.upAt, () => {
      if (!link.isOver && !link.isCut) this.#command(link, command)
    })
  }

  closedByClient(link) {
    link.isOver = true
    if (this.#link === link) this.#link = null
  }

  /** Without a word; what is on its way is lost, in both directions. */
  drop() {
    const link = this.#link
    if (!link) return
    this.#cut(link)
    this.agenda.after(this.#upTo(50), () => this.ended(link, 1006))
  }

  /** Nobody hears anything any more, and nobody is told. */
  vanish() { if (this.#link) this.#cut(this.#link) }

  close(code = CLOSE_CODES[this.#upTo(CLOSE_CODES.length)]) {
    const link = this.#link
    if (!link) return
    link.isOver = true
    this.#link = null
    this.#down(link, () => this.ended(link, code))
  }

  drain() {
    if (!this.#link) return
    this.#say(this.#link, { type: 'draining', payload: { reconnectInMs: this.#upTo(3_000) } })
    if (this.random() < 0.9) this.close(1012)
  }

  /** The network stands still for a while, and then goes on where it was. */
  stall() {
    const link = this.#link
    if (!link) return
    const end = this.agenda.now + this.#upTo(this.random() < 0.2 ? 40_000 : 4_000)
    link.upAt = Math.max(link.upAt, end)
    link.downAt = Math.max(link.downAt, end)
  }

  #cut(link) {
    link.isCut = link.isOver = true
    this.#link = null
  }

  #say(link, message) {
    this.#down(link, () => { if (!link.isCut) this.deliver(link, message) })
  }

  #down(link, action) {
    link.downAt = Math.max(link.downAt, this.agenda.now + link.delayMs + this.#upTo(20))
    this.agenda.at(link.downAt, action)
  }

  // Channels

  publish(name, type, body) {
    const stream = this.#streams.get(name)
    stream.head += 1
    stream.texts[stream.head] = { type, channel: name, offset: stream.head, mark: stream.epoch, ...body }
    this.#proceed(name)
  }

  /** What was published is gone, and so is its epoch. */
  beginAnew(name) {
    const { isForbidden } = this.#streams.get(name)
    this.#streams.set(name, Object.assign(new Stream(name, `e${this.#epochs++}`), { isForbidden }))
    if (!this.#link?.held.delete(name)) return
    if (this.random() < 0.3) return this.close(1012)
    this.#say(this.#link, this.#error('CHANNEL_UNAVAILABLE', name))
  }

  trim(name) {
    const stream = this.#streams.get(name)
    stream.floor += this.#upTo(stream.head - stream.floor + 1)
    const held = this.#link?.held.get(name)
    if (held && held.next <= stream.floor) this.close(1012)
  }

  forbid(name) {
    this.#streams.get(name).isForbidden = true
    if (this.#link?.held.delete(name)) this.#say(this.#link, this.#error('CHANNEL_FORBIDDEN', name))
  }

  allow(name) { this.#streams.get(name).isForbidden = false }

  /** Hands out what a subscription has not got yet: at once, or the rest later. */
  #proceed(name) {
    const link = this.#link
    const held = link?.held.get(name)
    if (!held) return
    const stream = this.#streams.get(name)
    while (held.next <= stream.head) {
      if (this.isFaulty && !held.isWaiting && this.random() < 0.1) {
        held.isWaiting = true
        this.agenda.after(this.#upTo(400), () => {
          held.isWaiting = false
          if (this.#link === link && link.held.get(name) === held) this.#proceed(name)
        })
      }
      if (held.isWaiting) return
      this.#handOut(link, held, stream)
    }
  }

  #handOut(link, held, stream) {
    const dice = this.isFaulty ? this.random() : 1
    if (dice < 0.004) {
      this.hasSkipped = true
    } else {
      this.#say(link, stream.texts[held.next])
      if (dice < 0.02) this.#say(link, stream.texts[held.next])
      if (dice > 0.01 && dice < 0.02 && held.next > 1) {
        this.#say(link, stream.texts[held.next - 1])
      }
    }
    held.next += 1
  }

  // Commands

  #command(link, command) {
    this.#draw(link)
    switch (command.type) {
      case 'subscribe': return this.#subscribe(link, command)
      case 'unsubscribe': {
        const removed = link.held.delete(command.channel)
        const payload = { channel: command.channel, removed }
        return this.#say(link, { type: 'unsubscribed', channel: command.channel, payload })
      }
      case 'ping': return this.#say(link, { type: 'pong', id: command.id, payload: { ok: true } })
      case 'permission_response': return this.#answer(link, command)
      default: throw new Error(`a command ${command.type}`)
    }
  }

  /** More than this is closed with 4008, again after each reconnect: a client must not get there. */
  #draw(link) {
    const earned = (this.agenda.now - link.drawnAt) * PER_SECOND / 1_000
    link.drawn = Math.max(0, link.drawn - earned) + 1
    link.drawnAt = this.agenda.now
    if (link.drawn > BURST) throw new Error('too many commands')
  }

  #subscribe(link, { id, channel, since }) {
    const stream = this.#streams.get(channel)
    const held = link.held.get(channel)
    if (since && (typeof since.epoch !== 'string' || !Number.isSafeInteger(since.offset))) {
      throw new Error('a position that is none')
    }
    if (!held && link.held.size >= CAP) {
      return this.#say(link, this.#error('MAX_SUBSCRIPTIONS_REACHED', channel, id))
    }
    if (stream.isForbidden) {
      link.held.delete(channel)
      return this.#say(link, this.#error('CHANNEL_FORBIDDEN', channel, id))
    }
    const dice = this.isFaulty ? this.random() : 1
    if (dice < 0.005) return   // never answered
    if (dice < 0.05) return this.#say(link, this.#error(PASSING[this.#upTo(3)], channel, id))
    const isKept = since?.epoch === stream.epoch && since.offset <= stream.head
    const least = held ? held.from : stream.floor
    const recovered = Boolean(isKept && since.offset >= least)
    const payload = { channel, epoch: stream.epoch, offset: stream.head, recovered, since }
    if (this.pausesAtNext) {
      this.pausesAtNext = false
      this.stall()
    }
    this.#say(link, { type: 'subscribed', channel, id, payload })
    if (held) return
    const from = recovered ? since.offset : stream.head
    link.held.set(channel, { from, next: from + 1, isWaiting: false })
    this.#proceed(channel)
  }

  #error(code, channel, id) {
    return { type: 'error', channel, id, payload: { code, message: '' } }
  }

  // Questions

  ask(sessionId) {
    const requestId = `q${this.#asked++}`
    this.#questions.set(`${sessionId} ${requestId}`, { sessionId, requestId, state: 'pending' })
    this.publish(`session:${sessionId}`, 'permission_request', { request: { requestId } })
    return requestId
  }

  /** Some question of a session, open or ended; undefined where there was none yet. */
  anyQuestion(sessionId) {
    const all = [...this.#questions.values()].filter((one) => one.sessionId === sessionId)
    return all[this.#upTo(all.length)]?.requestId
  }

  /** Somebody else answers the oldest open question of a session, or nobody does in time. */
  endQuestion(sessionId, isAnswered) {
    for (const question of this.#questions.values()) {
      if (question.sessionId !== sessionId || question.state !== 'pending') continue
      return isAnswered ? this.#resolve(question, false, 'another') : this.#timeOut(question)
    }
  }

  #answer(link, { id, sessionId, requestId, allowed }) {
    const channel = `session:${sessionId}`
    const question = this.question(sessionId, requestId)
    if (typeof allowed !== 'boolean') throw new Error('an answer that is none')
    const dice = this.isFaulty ? this.random() : 1
    if (dice < 0.04) return this.#say(link, this.#error(PASSING[this.#upTo(3)], channel, id))
    if (!question) return this.#say(link, this.#error('PERMISSION_NOT_FOUND', channel, id))
    if (question.state !== 'pending') {
      return this.#say(link, this.#error('PERMISSION_ALREADY_RESOLVED', channel, id))
    }
    this.#resolve(question, allowed, 'self')
    // The hub took it, and the worker lost the hub before it knew.
    if (dice < 0.08) this.#say(link, this.#error('CHANNEL_UNAVAILABLE', channel, id))
  }

  #resolve(question, allowed, resolvedBy) {
    Object.assign(question, { state: 'resolved', allowed, resolvedBy })
    const { sessionId, requestId } = question
    const body = { sessionId, requestId, allowed, alwaysAllow: false, resolvedBy }
    this.publish(`session:${sessionId}`, 'permission_resolved', body)
  }

  #timeOut(question) {
    question.state = 'timeout'
    const { sessionId, requestId } = question
    this.publish(`session:${sessionId}`, 'permission_timeout', { sessionId, requestId })
  }

  #upTo(limit) { return Math.floor(this.random() * limit) }
}
