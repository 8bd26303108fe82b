// The person's own account: where it is signed in, and its password.

import { openDialog } from './dialog.js'
import { button, field, fill, h, setText } from './dom.js'
import { ago } from './format.js'
import * as rest from './rest.js'
import { section } from './section.js'

export function accountSettings(desk) {
  const list = h('ul', { class: 'rows', aria: { label: 'Logins' } })
  const read = async () => {
    try {
      const { items } = await rest.logins()
      fill(list, items.map((login) => row(login, read)))
    } catch (error) {
      desk.fail('The logins could not be read', error)
    }
  }
  read()
  return section('Your account', h('h3', {}, 'Signed in'), list,
    button('Sign out everywhere else', () => openSignOut(read)), passwordForm(desk, read))
}

function row(login, read) {
  const name = login.device ?? 'An unknown device'
  const facts = [login.current && 'this one',
    login.lastUsedAt ? `used ${ago(login.lastUsedAt, Date.now())}` : 'not used yet',
    `since ${new Date(login.createdAt).toLocaleDateString()}`]
  return h('li', {}, h('span', { class: 'row-name' }, name),
    h('span', { class: 'hint' }, facts.filter(Boolean).join(' · ')),
    !login.current && button('Sign out', () => openDialog({
      title: 'Sign out', action: 'Sign out', isDangerous: true,
      body: h('p', {}, `“${name}” has to sign in again.`),
      submit: async () => {
        await rest.endLogin(login.id)
        await read()
      },
    }), { class: 'quiet small', 'aria-label': `Sign out ${name}` }))
}

const openSignOut = (read) => openDialog({
  title: 'Sign out everywhere else', action: 'Sign out', isDangerous: true,
  body: h('p', {}, 'Every other login of yours ends at once; this one stays.'),
  submit: async () => {
    await rest.endOtherLogins()
    await read()
  },
})

function passwordForm(desk, read) {
  const secret = (autocomplete) => h('input', { type: 'password', required: true, autocomplete })
  const current = secret('current-password')
  const password = secret('new-password')
  const done = h('p', { class: 'hint', role: 'status' })
  const form = h('form', { class: 'inset', aria: { label: 'Password' } }, h('h3', {}, 'Password'),
    field('Current password', current),
    field('New password', password, 'At least 8 characters. Every other login ends.'),
    h('button', { class: 'primary' }, 'Change password'), done)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    setText(done, '')
    try {
      await rest.changePassword(current.value, password.value)
      current.value = password.value = ''
      setText(done, 'Changed.')
      await read()
    } catch (error) {
      desk.fail('The password was not changed', error)
    }
  })
  return form
}
