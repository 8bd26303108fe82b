// The console's one connection: the product's browser client, a report of what it goes through, and
// the server's time.

import { createRealtimeClient } from './client/index.js'
import { ConnectionReport } from './connection-report.js'
import { Store } from './store.js'

export class Realtime {
  /** `{state, text, news}` of connection-report.js. */
  connection = new Store({ state: 'disconnected', text: 'Disconnected', news: '' })
  /** What the server tells everybody: 'config' or 'theme'. */
  onConfigChanged = () => {}
  /** The server will not have this login any more. */
  onSignedOut = () => {}

  #client
  #report = new ConnectionReport()
  #skew = 0
  #ticking = null

  constructor(client = createRealtimeClient({ url: new URL('ws', document.baseURI).href })) {
    this.#client = client
    client.on('state', (event) => this.#changed(event))
    client.on('message', (message) => this.#received(message))
  }

  /** The time on the server's clock, by which questions expire. */
  now() { return Date.now() + this.#skew }

  start() { this.#client.connect() }

  stop() {
    this.#client.disconnect()
    clearInterval(this.#ticking)
    this.#ticking = null
  }

  /** Now, instead of at the end of the back-off; answers that wait are kept. */
  retry() { this.#client.connect() }

  /** Joins a channel; the handler gets what the browser client's handlers get. */
  subscribe(channel, handler) {
    return this.#client.subscribe(channel, (message) => {
      if (message.type === 'subscribed') this.#report.joined(message, Date.now())
      else if (message.offset !== undefined) this.#report.published(message)
      handler(message)
    })
  }

  /** Resolves with how the question ended: see the browser client's `respondToPermission`. */
  answer(answer) { return this.#client.respondToPermission(answer) }

  #changed(event) {
    this.#report.changed(event, Date.now())
    this.#tell()
    if (event.state === 'disconnected' && event.reason) this.onSignedOut(event)
  }

  #received(message) {
    if (message.timestamp) this.#adjust(Date.parse(message.timestamp) - Date.now(), message.type)
    if (message.type === 'config_changed') this.onConfigChanged(message.changeType)
    if (message.type === 'subscribed' || message.type === 'connected') queueMicrotask(() => this.#tell())
  }

  /** A message that was made just now tells how far the two clocks are apart. */
  #adjust(difference, type) {
    if (type === 'connected') this.#skew = Math.abs(difference) > 1_000 ? difference : 0
  }

  /** Once a second while there is something that changes with the time. */
  #tell() {
    const words = this.#report.words(Date.now())
    const { state, text, news } = this.connection.value
    if (words.state !== state || words.text !== text || words.news !== news) this.connection.set(words)
    const isMoving = words.state !== 'connected' || words.news
    if (isMoving && !this.#ticking) this.#ticking = setInterval(() => this.#tell(), 1_000)
    if (!isMoving || words.state === 'disconnected') {
      clearInterval(this.#ticking)
      this.#ticking = null
    }
  }
}
