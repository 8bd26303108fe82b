// The REST API, as far as the console uses it. Same origin, so the login cookie goes along by itself;
// relative to the page, which may live under a path.

/** A refusal by the server, or a server out of reach (status 0). */
export class RefusedRequest extends Error {
  constructor(status, error) {
    super(error.message)
    this.name = 'RefusedRequest'
    this.status = status
    this.code = error.code
    this.requestId = error.requestId
  }
}

/** One request; resolves with the answer's JSON, or null where it has no body. */
export async function request(method, path, body) {
  let response
  try {
    response = await fetch(`.${path}`, {
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

const id = encodeURIComponent
const query = (parameters) => {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '')
  return given.length ? `?${new URLSearchParams(given)}` : ''
}
const session = (key, rest = '') => `/api/sessions/${id(key)}${rest}`

export const signIn = (user, password) => request('POST', '/api/auth/login', { user, password })
export const signOut = () => request('POST', '/api/auth/logout', {})
export const whoAmI = () => request('GET', '/api/auth/me')
export const logins = () => request('GET', '/api/auth/logins')
export const endLogin = (key) => request('DELETE', `/api/auth/logins/${id(key)}`)
export const endOtherLogins = () => request('DELETE', '/api/auth/logins?keep=current')
export const changePassword = (current, password) =>
  request('PUT', '/api/auth/password', { current, password })
export const theme = () => request('GET', '/api/theme')
export const publish = (event) => request('POST', '/api/publish', event)
export const history = (channel, parameters) =>
  request('GET', `/api/channels/${id(channel)}/history${query(parameters)}`)

export const sessions = (parameters) => request('GET', `/api/sessions${query(parameters)}`)
export const createSession = (fields) => request('POST', '/api/sessions', fields)
export const readSession = (key) => request('GET', session(key))
export const changeSession = (key, fields) => request('PATCH', session(key), fields)
export const deleteSession = (key) => request('DELETE', session(key))
export const abort = (key) => request('POST', session(key, '/abort'), {})
/** Newest first. */
export const messages = (key, parameters) =>
  request('GET', session(key, `/messages${query({ order: 'newest', ...parameters })}`))
export const send = (key, message) => request('POST', session(key, '/messages'), message)
export const takeBack = (key, message) => request('DELETE', session(key, `/messages/${id(message)}`))
export const rules = (key) => request('GET', session(key, '/rules?limit=200'))
export const forgetRule = (key, rule) => request('DELETE', session(key, `/rules${query({ ruleId: rule })}`))
export const questions = () => request('GET', '/api/permissions?limit=200')
export const questionsOf = (key) => request('GET', session(key, '/permissions?limit=200'))
export const answerQuestion = (key, question, answer) =>
  request('POST', session(key, `/permissions/${id(question)}`), answer)

export const workspaces = () => request('GET', '/api/workspaces?limit=200')
export const keys = () => request('GET', '/api/keys?limit=200')
export const createKey = (fields) => request('POST', '/api/keys', fields)
export const revokeKey = (key) => request('DELETE', `/api/keys/${id(key)}`)
export const users = () => request('GET', '/api/users?limit=200')
export const createUser = (fields) => request('POST', '/api/users', fields)
export const removeUser = (user) => request('DELETE', `/api/users/${id(user)}`)
