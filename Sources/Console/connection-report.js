// What a person is told about the connection: state events, joins and publications in, words out.

import { duration, plural } from './format.js'

/** Joins come in one by one after a reconnect: those within this time are told together. */
const SETTLING = 1_500
/** How long the news of a recovery stays. */
const NEWS = 30_000

/** Why nobody tries to connect again. */
const DETAILS = new Map([
  ['signed_out', 'signed out by the server'], ['forbidden', 'no longer allowed'],
  ['refused', 'the login has ended'],
])

export class ConnectionReport {
  state = 'disconnected'
  /** Why it is as it is; empty where there is nothing to say. */
  detail = ''
  /** Wall-clock moment of the next attempt, or null. */
  retryAt = null

  #heads = new Map()       // channel → last offset seen
  #lostAt = null
  #news = null             // {since, away, joins, recovered, gaps: Set}
  #isSignedOut = false

  changed({ state, reason, retryInMs, message }, now) {
    if (this.state === 'connected' && state !== 'connected') this.#lostAt ??= now
    this.state = state
    this.retryAt = retryInMs === undefined ? null : now + retryInMs
    this.detail = ''
    if (state === 'connected' && this.#lostAt !== null) {
      this.#news = { since: now, away: now - this.#lostAt, joins: 0, recovered: 0, gaps: new Set() }
      this.#lostAt = null
    }
    if (state === 'disconnected' && reason) {
      this.detail = DETAILS.get(reason) ?? message ?? ''
    }
  }

  /** `subscribed` of a channel: what was missed is counted, and what history no longer had. */
  joined({ payload: { channel, offset, recovered }, gap }, now) {
    const isNews = this.#news && now - this.#news.since < SETTLING
    const last = this.#heads.get(channel)
    if (isNews && recovered && last !== undefined) this.#news.recovered += Math.max(0, offset - last)
    if (gap) {
      this.#news ??= { since: now, away: 0, joins: 0, recovered: 0, gaps: new Set() }
      this.#news.gaps.add(channel)
      this.#news.since = now
    }
    if (this.#news) this.#news.joins++
    this.#heads.set(channel, Math.max(offset, recovered ? last ?? 0 : 0))
  }

  published({ channel, offset }) {
    if (offset > (this.#heads.get(channel) ?? 0)) this.#heads.set(channel, offset)
  }

  left(channel) { this.#heads.delete(channel) }

  /** `{state, text, news}` for the present moment; `news` is empty most of the time. */
  words(now) {
    if (this.#news && now - this.#news.since > NEWS) this.#news = null
    return { state: this.state, text: this.#text(now), news: this.#newsText() }
  }

  #text(now) {
    switch (this.state) {
      case 'connected': return 'Connected'
      case 'connecting': return 'Connecting…'
      case 'reconnecting': {
        const seconds = this.retryAt === null ? 0 : Math.ceil((this.retryAt - now) / 1000)
        return seconds > 0 ? `Reconnecting in ${seconds} s` : 'Reconnecting…'
      }
      default: return this.detail ? `Disconnected: ${this.detail}` : 'Disconnected'
    }
  }

  #newsText() {
    if (!this.#news || this.state !== 'connected') return ''
    const { away, joins, recovered, gaps } = this.#news
    if (!joins) return ''
    const back = away ? `Back after ${duration(away)}, ${plural(recovered, 'event')} recovered` : ''
    const gap = gaps.size ? 'History gap: read again' : ''
    return [back, gap].filter(Boolean).join('. ')
  }
}
