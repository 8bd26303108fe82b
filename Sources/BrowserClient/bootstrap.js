// One shared client for an app that must start with it, without it, and while it fails.

import { RealtimeClient } from './client.js'

export function createRealtimeBootstrap({ isEnabled = true, options, create, onError } = {}) {
  let client = null
  let starting = null
  let round = 0   // what an older start brings after a stop is thrown away

  async function begin(mine) {
    try {
      if (!(typeof isEnabled === 'function' ? await isEnabled() : isEnabled)) return null
      if (mine !== round) return null
      const made = create ? await create() : new RealtimeClient(options)
      if (mine !== round) {
        made?.disconnect()
        return null
      }
      made.connect()
      client = made
    } catch (error) {
      if (mine === round) starting = null   // a later start may try again
      report(error)
    }
    return client
  }

  function report(error) {
    try {
      onError?.(error)
    } catch { /* whoever reports failures must not become one */ }
  }

  return {
    get client() { return client },
    start() { return starting ??= begin(round) },
    stop() {
      round += 1
      client?.disconnect()
      client = starting = null
    },
  }
}
