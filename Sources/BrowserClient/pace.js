// Commands leave a little slower than the server allows, which would close the connection. Pure.

import { POLICY } from './policy.js'

const INTERVAL = 1_000 / POLICY.commandsPerSecond
const CREDIT = (POLICY.commandBurst - 1) * INTERVAL

export class Pace {
  #waiting = []
  #dueAt = -Infinity   // when the next command would leave if there were no bursts

  constructor(act) { this.act = act }

  /** When the next waiting command may leave. */
  get deadline() { return this.#waiting.length > 0 ? this.#dueAt - CREDIT : Infinity }

  /** A new connection begins with its whole burst, and without the old one's commands. */
  clear() {
    this.#waiting = []
    this.#dueAt = -Infinity
  }

  send(command, now) {
    this.#waiting.push(command)
    this.tick(now)
  }

  tick(now) {
    while (this.#waiting.length > 0 && now >= this.#dueAt - CREDIT) {
      this.#dueAt = Math.max(this.#dueAt, now) + INTERVAL
      this.act({ do: 'send', command: this.#waiting.shift() })
    }
  }
}
