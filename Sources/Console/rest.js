// The REST API, as far as the console uses it. Same origin, so the login cookie goes along by itself.

/** A refusal by the server, or a server out of reach (status 0). */
export class RefusedRequest extends Error {
  constructor(status, error) {
    super(error.message)
    this.status = status
    this.code = error.code
    this.requestId = error.requestId
  }
}

/** One request; resolves with the answer's JSON, or null where it has no body. */
export async function request(method, path, body) {
  let response
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
    })
  } catch {
    throw new RefusedRequest(0, { code: 'UNREACHABLE', message: 'The server cannot be reached.' })
  }
  const answer = await response.json().catch(() => null)  // 204, or a proxy's page in between
  if (response.ok) return answer
  throw new RefusedRequest(response.status, answer?.error ?? {
    code: 'UNEXPECTED', message: `${method} ${path} was answered with ${response.status}.`,
  })
}

export const signIn = (user, password) => request('POST', '/api/auth/login', { user, password })
export const signOut = () => request('POST', '/api/auth/logout', {})
export const whoAmI = () => request('GET', '/api/auth/me')
export const theme = () => request('GET', '/api/theme')
export const publish = (event) => request('POST', '/api/publish', event)
export const sessions = () => request('GET', '/api/sessions?limit=50')
export const pendingPermissions = () => request('GET', '/api/permissions')
export const answerPermission = (session, id, answer) => request(
  'POST', `/api/sessions/${encodeURIComponent(session)}/permissions/${encodeURIComponent(id)}`, answer)
