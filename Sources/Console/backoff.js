// When to connect again: the duties that the close codes put on a client, and the delays.

/** What each close code asks of a client; the server's own table says the same. */
export const DUTIES = {
  1000: 'reconnectIfWanted',
  1001: 'reconnectIfWanted',
  1002: 'reconnectWithBackoff',
  1007: 'reconnectWithBackoff',
  1009: 'reconnectWithBackoff',
  1012: 'reconnectSoon',
  4001: 'reconnectSoon',
  4002: 'reconnectSoon',
  4008: 'reconnectWithBackoff',
  4101: 'signInFirst',
  4103: 'doNotReconnect',
}

/** A code of no known meaning keeps the duty of its range; 1006 is a lost network. */
export function duty(code) {
  if (DUTIES[code]) return DUTIES[code]
  return code >= 4100 && code < 4200 ? 'doNotReconnect' : 'reconnectWithBackoff'
}

const SOON = 1_000, FIRST = 500, CAP = 30_000

/** Delays in milliseconds, with full jitter, so that a thousand clients don't return at once. */
export class Backoff {
  #attempts = 0

  /** The connection has lived long enough to call the past forgotten. */
  reset() { this.#attempts = 0 }

  /** A short random delay while that works; a server that closes again and again gets longer ones. */
  delay(kind) {
    const attempt = this.#attempts++
    const ceiling = kind === 'reconnectSoon' && attempt < 2
      ? SOON : Math.min(CAP, FIRST * 2 ** attempt)
    return 100 + Math.random() * ceiling
  }
}
