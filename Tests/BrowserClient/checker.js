// What every handler and every promise may see, and nothing else.

export class Checker {
  /** Those that are not disposed of. */
  handlers = []
  openPromises = 0
  #stops = 0

  constructor(random, counts) {
    this.random = random
    this.counts = counts
  }

  handler({ channel, since, recover }) {
    const one = {
      channel, recover, epoch: since?.epoch ?? null, offset: since?.offset ?? null,
      isFirst: true, isRefused: false, isDisposed: false, record: null,
    }
    this.handlers.push(one)
    return one
  }

  disposed(one) {
    one.isDisposed = true
    this.handlers = this.handlers.filter((other) => other !== one)
  }

  /** True when the app may react. */
  told(one, message) {
    if (one.isDisposed) throw new Error('a disposed handler was told something')
    if (message.channel !== one.channel) throw new Error('a message of another channel')
    if (message.type === 'subscribed') this.#joined(one, message)
    else if (message.offset === undefined) this.#refused(one, message)
    else this.#published(one, message)
    return true
  }

  #joined(one, { gap, payload: { epoch, offset, recovered, since } }) {
    const hadPosition = one.epoch !== null
    const isSame = hadPosition && one.epoch === epoch && one.offset <= offset
    if (gap && !hadPosition) throw new Error('a gap for a handler without a position')
    if (gap && recovered && isSame && one.recover) throw new Error('a gap that is none')
    if (gap && one.recover && !since) throw new Error('a gap because the position was not asked for')
    if (!gap && !one.recover && !one.isFirst) throw new Error('a handler was to begin from now on')
    if (!gap && hadPosition && !(recovered && isSame)) throw new Error('a gap that was not told')
    if (gap || !hadPosition) Object.assign(one, { epoch, offset })
    this.counts[gap ? 'gaps' : 'recoveries'] += 1
    one.isFirst = one.isRefused = false
  }

  #refused(one, { willRetry }) {
    if (typeof willRetry !== 'boolean') throw new Error('an error that does not say whether it ends')
    one.isRefused = !willRetry
  }

  #published(one, { offset, mark }) {
    if (one.isFirst) throw new Error('a publication before the first subscribed')
    if (offset !== one.offset + 1 || mark !== one.epoch) {
      throw new Error(`${one.channel}: ${mark}:${offset} after ${one.epoch}:${one.offset}`)
    }
    one.offset = offset
    this.counts.publications += 1
  }

  error({ code }, server) {
    if (code === 'GAP_DETECTED') {
      if (!server.hasSkipped) throw new Error('a gap was detected where nothing was skipped')
      this.counts.skips += 1
    } else if (code !== 'TOKEN_UNAVAILABLE' && code !== 'PROTOCOL_ERROR') {
      throw new Error(`an error event ${code}`)
    }
  }

  // Promises

  asked(record) { this.#open(record, null) }

  answered(record, answer) { this.#open(record, answer) }

  /** The client was told to stop, or had to: what is open then may be rejected. */
  stopped() { this.#stops += 1 }

  /** The same record may come again: the same request is the same promise. */
  #open(record, answer) {
    if (record.check) return
    record.check = { answer, isSettled: false, stops: this.#stops }
    this.openPromises += 1
    if (record.early) this.settled(...record.early)
  }

  settled(action, server, isStopped) {
    const { record, outcome, error } = action
    const { check } = record
    if (!check) {
      record.early = [action, server, isStopped]   // settled at once, before the app had the promise
      return
    }
    if (check.isSettled) throw new Error('a promise settled twice')
    check.isSettled = true
    this.openPromises -= 1
    if (!check.answer) return this.#ponged(outcome, error)
    this.counts.answers += 1
    if (error) this.#rejected(error, isStopped || this.#stops > check.stops)
    else this.#ended(check.answer, outcome, server)
  }

  #ponged(outcome, error) {
    const isTrue = error ? error.code === 'NOT_CONNECTED' : outcome >= 0
    if (!isTrue) throw new Error(`a ping ended with ${outcome ?? error.code}`)
  }

  #rejected({ code }, mayBe) {
    if (code !== 'DISCONNECTED' || !mayBe) throw new Error(`an answer was rejected: ${code}`)
    this.counts.rejected += 1
  }

  /** Whatever it says, the server's record says the same. */
  #ended({ sessionId, requestId }, outcome, server) {
    const question = server.question(sessionId, requestId)
    const truth = {
      resolved: () => question?.state === 'resolved' && question.allowed === outcome.allowed
        && question.resolvedBy === outcome.resolvedBy,
      timeout: () => question?.state === 'timeout',
      already_resolved: () => question !== undefined && question.state !== 'pending',
      not_found: () => question === undefined,
    }[outcome.outcome]
    if (!truth?.()) throw new Error(`${outcome.outcome}, but it is ${JSON.stringify(question)}`)
    this.counts[outcome.outcome] += 1
  }
}
