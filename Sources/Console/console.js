// The console begins here: nobody is signed in, or somebody is. Everything it does goes through the
// public API, so it is also an example of a client.

import { Desk } from './desk.js'
import { fill } from './dom.js'
import { installServiceWorker } from './installation.js'
import { dismissNotices, showNotice } from './notices.js'
import { element } from './page.js'
import * as rest from './rest.js'
import { Shell } from './shell.js'
import { signInView } from './sign-in-view.js'
import { applyScheme, loadTheme } from './theme.js'
import { unreachableView } from './unreachable-view.js'

let desk = null
let shell = null

/** Nobody is signed in, or no longer. */
function enter(reason = '') {
  shell?.close()
  desk?.stop()
  desk = shell = null
  dismissNotices()
  if (reason) showNotice(reason)
  document.title = element('name').textContent
  fill(element('main'), signInView(() => sitDown()))
  element('main').querySelector('input').focus()
}

/** Somebody is: one connection, one shell around the views. */
async function sitDown({ isQuiet = false } = {}) {
  const me = await rest.whoAmI()
  dismissNotices()
  desk = new Desk(me, fail)
  desk.realtime.onSignedOut = ({ message, reason }) => enter(
    reason === 'forbidden' ? `The server ended this login's access: ${message || 'forbidden'}.`
      : 'Signed out by the server: the login has ended.')
  desk.realtime.onConfigChanged = (changeType) => changeType === 'theme' && loadTheme()
  shell = new Shell(desk, { signOut, isQuiet })
  shell.open()
  desk.start()
  loadTheme()
  installServiceWorker()
}

/** Says what was refused; a login that has ended leads back to the entrance. */
function fail(what, error) {
  if (error?.status === 401 && desk) return enter(error.message)
  const request = error?.requestId ? ` (request ${error.requestId})` : ''
  showNotice(error ? `${what}: ${error.message}${request}` : what)
}

async function signOut() {
  try {
    await rest.signOut()
    enter()
  } catch (error) {
    fail('Signing out failed', error)
  }
}

/** The first thing: who is this? Without an answer it is asked again, and nobody has to sign in. */
async function begin() {
  try {
    await sitDown({ isQuiet: true })
  } catch (error) {
    if (error.status === 401) return enter()
    fill(element('main'), unreachableView(error.message, begin))
  }
}

applyScheme()
begin()
