// Answers to permission questions, kept until the server acknowledges them. Pure.

import { backoffDelay, isPassing, POLICY } from './policy.js'

const OUTCOMES = new Map([
  ['PERMISSION_ALREADY_RESOLVED', 'already_resolved'], ['PERMISSION_NOT_FOUND', 'not_found'],
])

/** Whether a subscribe that was answered left after an answer; ids count up. */
const isAfter = (id, answerId) => Number(id?.slice(1)) > Number(answerId.slice(1))

export class Outbox {
  #answers = new Map()   // 'session request' → answer
  #isUp = false

  constructor({ random, backoff, act, send, subscriptions, nextId }) {
    Object.assign(this, { random, backoff, act, send, subscriptions, nextId })
  }

  get deadline() {
    let least = Infinity
    for (const { retryAt } of this.#answers.values()) if (retryAt < least) least = retryAt
    return least
  }

  /** The answer's record; a request that is being answered already keeps its first answer. */
  respond({ sessionId, requestId, allowed, alwaysAllow }, refusal, now) {
    const key = `${sessionId} ${requestId}`
    const known = this.#answers.get(key)
    if (known) return known
    const command = { type: 'permission_response', sessionId, requestId, allowed }
    if (alwaysAllow !== undefined) command.alwaysAllow = alwaysAllow
    const answer = { key, command, id: null, isDeaf: false, attempts: 0, retryAt: Infinity }
    if (refusal) return this.#settle(answer, { error: refusal }, now)
    if (this.#answers.size >= POLICY.maximumAnswers) {
      const message = `${POLICY.maximumAnswers} answers wait for their acknowledgement already`
      return this.#settle(answer, { error: { code: 'OUTBOX_FULL', message } }, now)
    }
    this.#answers.set(key, answer)
    const notify = (message, at) => this.#heard(answer, message, at)
    answer.handler = this.subscriptions.add(`session:${sessionId}`, { notify }, now)
    if (this.#isUp) this.#send(answer, now)
    return answer
  }

  /** After the subscribes of this connection were sent. */
  up(now) {
    this.#isUp = true
    for (const answer of this.#answers.values()) this.#send(answer, now)
  }

  /** After a loss every answer waits for the next connection; after the last one for none. */
  down(now, isFinal) {
    this.#isUp = false
    for (const answer of this.#answers.values()) {
      answer.id = null
      answer.isDeaf = false
      answer.attempts = 0
      answer.retryAt = Infinity
      if (!isFinal) continue
      const message = 'disconnected before the server acknowledged the answer'
      this.#settle(answer, { error: { code: 'DISCONNECTED', message } }, now)
    }
  }

  /** An `error` with the id of an answer; false where no answer has it. */
  refused({ id, payload: { code, message } }, now) {
    for (const answer of this.#answers.values()) {
      if (answer.id !== id) continue
      if (isPassing(code)) this.#again(answer, now)
      else if (OUTCOMES.has(code)) this.#settle(answer, { outcome: { outcome: OUTCOMES.get(code) } }, now)
      else this.#settle(answer, { error: { code, message } }, now)
      return true
    }
    return false
  }

  tick(now) {
    for (const answer of this.#answers.values()) {
      if (now >= answer.retryAt) this.#send(answer, now)
    }
  }

  /** What the session's channel said. */
  #heard(answer, message, now) {
    const isRefusal = message.type === 'error' && message.offset === undefined
    if (isRefusal || message.type === 'subscribed') answer.isDeaf = isRefusal
    // Joined or refused after the answer had left: its acknowledgement may have passed unheard, and
    // another answer is told how it ended.
    if (answer.id && (isRefusal || isAfter(message.id, answer.id))) this.#again(answer, now)
    if (message.requestId !== answer.command.requestId) return
    const { type, allowed, alwaysAllow, resolvedBy } = message
    if (type === 'permission_timeout') this.#settle(answer, { outcome: { outcome: 'timeout' } }, now)
    if (type !== 'permission_resolved') return
    const outcome = { outcome: 'resolved', allowed, alwaysAllow, resolvedBy }
    this.#settle(answer, { outcome }, now)
  }

  #send(answer, now) {
    answer.id = this.nextId('a')
    answer.retryAt = Infinity
    if (answer.isDeaf) this.#again(answer, now)
    this.send({ ...answer.command, id: answer.id }, now)
  }

  #again(answer, now) {
    if (answer.retryAt !== Infinity) return
    answer.retryAt = now + backoffDelay(answer.attempts++, this.random, this.backoff)
  }

  #settle(answer, { outcome, error }, now) {
    this.#answers.delete(answer.key)
    if (answer.handler) this.subscriptions.dispose(answer.handler, now)
    this.act({ do: 'settle', record: answer, outcome, error })
    return answer
  }
}
