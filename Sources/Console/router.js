// Which view the address names: routes are hashes, so that any of them can be opened or reloaded.

/** `{view, id?}` of a hash; an unknown one is the list of sessions. */
export function parseRoute(hash) {
  const [view, id, ...rest] = hash.replace(/^#?\/?/, '').split('/').map(decode)
  if (view === 'sessions' && id && !rest.length) return { view: 'session', id }
  if (!id && (view === 'events' || view === 'settings')) return { view }
  return { view: 'sessions' }
}

/** A hash typed by hand may be no valid encoding: then it is taken as it stands. */
function decode(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export const addressOf = ({ view, id }) =>
  view === 'session' ? `#/sessions/${encodeURIComponent(id)}` : `#/${view}`

export const go = (route) => { location.hash = addressOf(route) }

/** Calls with the present route, and with each one after it. */
export function watchRoute(show) {
  const listener = () => show(parseRoute(location.hash))
  addEventListener('hashchange', listener)
  listener()
  return () => removeEventListener('hashchange', listener)
}
