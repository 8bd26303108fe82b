// What the client takes from the world around it, looked up only if it is there: browsers, Node,
// Electron and React Native differ in all of it.

/** The world's own clock, which no change of the date moves where there is such a one. */
export const systemClock = {
  now: () => globalThis.performance?.now() ?? Date.now(),
  setTimeout: (action, delayMs) => setTimeout(action, delayMs),
  clearTimeout: (timer) => clearTimeout(timer),
}

/** A path or an https address is as good as a wss one. React Native's `URL` is half a one. */
export function socketURL(url) {
  const absolute = /^\w+:/.test(url) ? url : new URL(url, globalThis.location?.href).href
  return absolute.replace(/^http/, 'ws')
}

/** The world's own WebSocket. */
export function createSystemSocket(url, protocols) {
  return new globalThis.WebSocket(url, protocols)
}

/**
 * A browser hides why a handshake failed; REST tells whether it was the credential: 'refused' or
 * 'unknown'.
 */
export async function checkSystemCredential({ url, token }) {
  if (typeof globalThis.fetch !== 'function') return 'unknown'
  // Beside the socket, under whatever path both live.
  const me = url.replace(/^ws(s?:\/\/[^/?#]+)((?:\/[^/?#]+)*?)(?:\/[^/?#]*)?(?:[?#].*)?$/, 'http$1$2/api/auth/me')
  const headers = token ? { authorization: `Bearer ${token}` } : {}
  const response = await fetch(me, { headers, credentials: 'include', cache: 'no-store' })
  return response.status === 401 || response.status === 403 ? 'refused' : 'unknown'
}

/**
 * Calls `notice` with 'online', 'offline', 'pageshow' or 'visible'; returns how to stop that.
 *
 * `environment` is one EventTarget for all of them; without it, the page's own where there is one.
 */
export function watchEnvironment(environment, notice) {
  const page = environment ?? globalThis.document
  const listeners = []
  const listen = (target, type, listener) => {
    if (typeof target?.addEventListener !== 'function') return
    target.addEventListener(type, listener)
    listeners.push(() => target.removeEventListener(type, listener))
  }
  for (const type of ['online', 'offline', 'pageshow']) {
    listen(environment ?? globalThis, type, () => notice(type))
  }
  listen(page, 'visibilitychange', () => {
    if (page.visibilityState !== 'hidden') notice('visible')
  })
  return () => listeners.forEach((stop) => stop())
}
