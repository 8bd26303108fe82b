// Switchboard's realtime client. See index.d.ts for what each part promises.

import { RealtimeClient } from './client.js'

export { createRealtimeBootstrap } from './bootstrap.js'
export { RealtimeError } from './client.js'
export { DUTIES, duty, POLICY } from './policy.js'

/** A client for one server; it does nothing before `connect()`. */
export function createRealtimeClient(options) {
  return new RealtimeClient(options)
}
