// People of the team.

import { openDialog } from './dialog.js'
import { button, field, fill, h } from './dom.js'
import * as rest from './rest.js'
import { section } from './section.js'
import { exactLine } from './visible.js'

export function usersSettings(desk) {
  const list = h('ul', { class: 'rows', aria: { label: 'Users' } })
  const read = async () => {
    try {
      const { items } = await rest.users()
      fill(list, items.map((user) => row(desk, user, read)))
    } catch (error) {
      desk.fail('The users could not be read', error)
    }
  }
  read()
  return section('Users', list, newUserForm(desk, read))
}

function row(desk, user, read) {
  const isOwn = user.id === desk.me.userId
  return h('li', {}, h('span', { class: 'row-name' }, exactLine(user.name)),
    h('span', { class: 'hint' }, [user.role, isOwn && 'you', `since ${new Date(user.createdAt).toLocaleDateString()}`].filter(Boolean).join(' · ')),
    !isOwn && button('Remove', () => openDialog({
      title: 'Remove user', action: 'Remove', isDangerous: true,
      body: h('p', {}, `“${exactLine(user.name)}” is signed out everywhere and cannot sign in again.`),
      submit: async () => {
        await rest.removeUser(user.id)
        await read()
      },
    }), { class: 'quiet small', 'aria-label': `Remove ${exactLine(user.name)}` }))
}

function newUserForm(desk, read) {
  const name = h('input', { required: true, maxlength: 256, autocomplete: 'off', autocapitalize: 'none' })
  const password = h('input', { type: 'password', required: true, autocomplete: 'new-password' })
  const role = h('select', {}, ['member', 'admin'].map((value) => h('option', { value }, value)))
  const form = h('form', { class: 'inset', aria: { label: 'New user' } }, h('h3', {}, 'New user'),
    field('Name', name), field('Password', password), field('Role', role), h('button', { class: 'primary' }, 'Add user'))
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      await rest.createUser({ name: name.value.trim(), password: password.value, role: role.value })
      name.value = password.value = ''
      await read()
    } catch (error) {
      desk.fail('The user was not added', error)
    }
  })
  return form
}
