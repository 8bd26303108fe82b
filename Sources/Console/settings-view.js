// Settings: of this device for everybody, of the team for its admins.

import { accountSettings } from './account-settings.js'
import { fill, h, setText } from './dom.js'
import { keysSettings } from './keys-settings.js'
import { canNotify, isNotifying, startNotifying, stopNotifying } from './notifications.js'
import { radios } from './radios.js'
import { section } from './section.js'
import { chooseScheme, schemeChoice } from './theme.js'
import { usersSettings } from './users-settings.js'

export function settingsView(desk, _route, setTitle) {
  setTitle('Settings')
  const isAdmin = desk.may('admin')
  const isPerson = desk.me.type === 'session_user'
  const element = h('div', { class: 'page settings' },
    h('div', { class: 'page-head' }, h('h1', {}, 'Settings')),
    appearance(), notifications(), isPerson && accountSettings(desk), isAdmin && keysSettings(desk), isAdmin && usersSettings(desk),
    keyboard(), thisLogin(desk))
  return { element, end: () => {} }
}

function appearance() {
  const scheme = radios('Colour scheme', [
    { value: 'system', name: 'System' }, { value: 'light', name: 'Light' }, { value: 'dark', name: 'Dark' },
  ], schemeChoice(), chooseScheme)
  return section('Appearance', scheme.element,
    h('p', { class: 'hint' }, 'For this browser. Name and colours of the team’s console are in theme.json.'))
}

function notifications() {
  const note = h('p', { class: 'hint', role: 'status', aria: { label: 'Notifications' } })
  const toggle = h('button', { type: 'button' })
  const show = () => {
    const isOn = isNotifying()
    setText(toggle, isOn ? 'Stop notifying' : 'Notify me about questions')
    toggle.disabled = !canNotify()
    setText(note, !canNotify() ? 'This browser has no notifications.'
      : Notification.permission === 'denied' ? 'The browser blocks notifications of this site.'
        : isOn ? 'A permission question shows a notification while this page is in the background.' : '')
  }
  toggle.addEventListener('click', async () => {
    if (isNotifying()) stopNotifying()
    else await startNotifying()
    show()
  })
  show()
  return section('Notifications', h('p', { class: 'hint' }, 'When an agent waits for permission and this page is not in sight.'), toggle, note)
}

const KEYS = [
  ['F8', 'Go to the next permission question, from anywhere'],
  ['Y', 'Allow, with the focus in a question'],
  ['A', 'Always allow'],
  ['N', 'Deny'],
  ['Enter', 'Send the message'],
  ['Shift + Enter', 'A new line in the message'],
]

const keyboard = () => section('Keyboard', h('table', { class: 'keys' }, h('tbody', {},
  KEYS.map(([keys, action]) => h('tr', {}, h('th', { scope: 'row' }, h('kbd', {}, keys)), h('td', {}, action))))))

function thisLogin(desk) {
  const { type, teamId, userId, keyId, role, scopes, serverVersion } = desk.me
  const facts = [['Team', teamId], [type === 'api_key' ? 'Key' : 'User', keyId ?? userId], ['Role', role], ['May', scopes.join(', ')], ['Server', serverVersion && `Switchboard ${serverVersion}`]]
  return section('This login', fill(h('dl', { class: 'facts' }),
    facts.filter(([, value]) => value).map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])))
}
