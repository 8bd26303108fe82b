// One shared client for an app that must start with it, without it, and while it fails.

import { RealtimeClient } from './client.js'

export function createRealtimeBootstrap({ isEnabled = true, options, create, onError } = {}) {
  let client = null
  let starting = null
  let round = 0   // what an older start brings after a stop is thrown away

  async function begin(mine) {
    try {
      const isOn = await (typeof isEnabled === 'function' ? isEnabled() : isEnabled)
      if (!isOn || mine !== round) return null
      const made = create ? await create() : new RealtimeClient(options)
      if (mine !== round) return null   // it was never connected
      made.connect()
      return client = made
    } catch (error) {
      report(error)
      return null
    } finally {
      if (mine === round && !client) starting = null   // a later start tries again
    }
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
