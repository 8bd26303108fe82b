// When to connect again and how long to wait: the one place for the client's numbers.

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
  return DUTIES[code] ?? (code >= 4100 && code < 4200 ? 'doNotReconnect' : 'reconnectWithBackoff')
}

/** Whether a refusal passes by itself, so that it is worth asking again. */
export const isPassing = (code) =>
  code === 'CHANNEL_UNAVAILABLE' || code === 'RATE_LIMITED' || code === 'INTERNAL_ERROR'

/** Milliseconds, unless the name says otherwise. */
export const POLICY = Object.freeze({
  /** Ceiling of the first retry; it doubles with each one, up to the maximum. */
  backoffFirstMs: 250,
  backoffMaximumMs: 10_000,
  /** Ceiling of the first retries after a close code that asks to come back soon. */
  soonMs: 1_000,
  soonAttempts: 2,
  /** A connection that lived this long makes the next failure a first one. */
  stableMs: 5_000,
  /** For the token, and again from dialling to the server's `connected`. */
  connectTimeoutMs: 10_000,
  /** Silence before a ping, unless the server's `connected` says otherwise. */
  heartbeatIntervalMs: 15_000,
  /** Silence after a ping that ends the connection. */
  patienceMs: 5_000,
  /** A subscribe without an answer ends the connection after it. */
  subscribeTimeoutMs: 10_000,
  /** Spreads the retries of everybody whose network came back at the same moment. */
  spreadMs: 250,
  /** Permission answers that wait for their acknowledgement; a count. */
  maximumAnswers: 100,
  /** Below the server's 100 and 50, whose excess closes the connection with 4008; counts. */
  commandBurst: 80,
  commandsPerSecond: 40,
})

/**
 * Full jitter: anywhere between nothing and a ceiling that doubles up to the maximum, so that
 * clients which were cut off together do not come back together, also not at the maximum.
 */
export function backoffDelay(attempt, random, { firstMs, maximumMs }) {
  return Math.round(random() * Math.min(maximumMs, firstMs * 2 ** attempt))
}

/** The delay before reconnecting after a close code, for the nth attempt since a stable time. */
export function reconnectDelay(code, attempt, random, backoff) {
  const isSoon = duty(code) === 'reconnectSoon' && attempt < POLICY.soonAttempts
  return isSoon ? Math.round(random() * POLICY.soonMs) : backoffDelay(attempt, random, backoff)
}
