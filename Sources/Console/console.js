// The console: signs in, keeps one connection, and shows what comes. Everything it does goes through
// the public API, so it is also an example of a client.

import { Connection } from './connection.js'
import * as rest from './rest.js'
import { applyTheme } from './theme.js'
import {
  clearEvents, element, showEvent, showNotice, showQuestions, showSessions, showState,
} from './views.js'

let me = null
let connection = null
let listing = null

const may = (scope) => me?.scopes?.includes(scope)

/** Runs what a person asked for, and says so where it was refused. */
async function attempt(what, action) {
  showNotice('')
  try {
    return await action()
  } catch (error) {
    if (error.status === 401 && me) return enter(error.message)
    showNotice(`${what}: ${error.message}${error.requestId ? ` (request ${error.requestId})` : ''}`)
  }
}

/** The entrance: nobody is signed in, or no longer. */
function enter(notice = '') {
  connection?.stop()
  connection = me = null
  element('desk').hidden = element('sign-out').hidden = true
  element('entrance').hidden = false
  showNotice(notice)
  element('sign-in').user.focus()
}

/** The desk: lists, events, one connection. */
async function sitDown() {
  me = await rest.whoAmI()
  element('entrance').hidden = true
  element('desk').hidden = element('sign-out').hidden = false
  element('publish').hidden = !may('publish')
  element('publish').channel.value ||= `team:${me.teamId}`
  connection = new Connection({
    state: showState,
    event: receive,
    gap: (channel) => {
      showEvent({
        type: 'gap', channel, timestamp: new Date().toISOString(),
        payload: 'Events were missed that history no longer holds; the lists were read again.',
      })
      refresh()
    },
    signIn: (reason) => enter(`Signed out by the server: ${reason || 'the login has ended'}.`),
    refused: () => rest.whoAmI().catch((error) => error.status === 401 && enter(error.message)),
  })
  connection.subscribe(`team:${me.teamId}`)
  connection.open()
  applyTheme().catch(() => {})   // the console's own colours do without one
  refresh()
}

function receive(message) {
  showEvent(message)
  if (message.type === 'config_changed' && message.changeType === 'theme') applyTheme().catch(() => {})
  if (/^(session_|permission_|complete|mode_changed)/.test(message.type)) refresh()
}

/** Reads both lists again, once for all events of the next moment. */
function refresh() {
  listing ??= setTimeout(async () => {
    listing = null
    if (!may('sessions:read')) return
    await attempt('The lists could not be read', async () => {
      const [sessions, questions] = await Promise.all([rest.sessions(), rest.pendingPermissions()])
      if (!connection) return
      showSessions(sessions.items, connection.channels, watch)
      showQuestions(questions.items, may('permissions:respond') ? answer : null)
      element('watching').textContent = connection.channels.join(', ')
    })
  }, 150)
}

function watch(channel) {
  if (connection.channels.includes(channel)) connection.unsubscribe(channel)
  else connection.subscribe(channel)
  refresh()
}

async function answer({ sessionId, requestId }, allowed, alwaysAllow) {
  await attempt('The answer was not taken',
    () => rest.answerPermission(sessionId, requestId, { allowed, alwaysAllow }))
  refresh()
}

element('sign-in').onsubmit = (event) => {
  event.preventDefault()
  const form = event.currentTarget
  attempt('Signing in failed', async () => {
    await rest.signIn(form.user.value, form.password.value)
    form.password.value = ''
    await sitDown()
  })
}

element('sign-out').onclick = () => attempt('Signing out failed', async () => {
  await rest.signOut()
  enter()
})

element('publish').onsubmit = (event) => {
  event.preventDefault()
  const form = event.currentTarget
  attempt('The event was not published', async () => {
    const payload = form.payload.value.trim() ? JSON.parse(form.payload.value) : undefined
    const { results } = await rest.publish({
      channel: form.channel.value, type: form.type.value, payload })
    form.querySelector('output').textContent = `Published at offset ${results[0].offset}.`
  })
}

element('clear').onclick = clearEvents

sitDown().catch((error) => enter(error.status === 401 ? '' : error.message))
