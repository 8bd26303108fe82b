// API keys of the team: made here, shown once, revoked here.

import { openDialog } from './dialog.js'
import { button, field, fill, h, setText } from './dom.js'
import { ago } from './format.js'
import * as rest from './rest.js'
import { section } from './section.js'
import { exactLine } from './visible.js'
import { SCOPES } from './words.js'

const DAY = 86_400_000
const LIFETIMES = [['30', 'in 30 days'], ['90', 'in 90 days'], ['365', 'in a year'], ['', 'never']]

export function keysSettings(desk) {
  const list = h('ul', { class: 'rows', aria: { label: 'API keys' } })
  const fresh = h('div', { class: 'fresh-key' })
  const read = async () => {
    try {
      const { items } = await rest.keys()
      fill(list, items.map((key) => row(desk, key, read)))
    } catch (error) {
      desk.fail('The keys could not be read', error)
    }
  }
  read()
  return section('API keys', list, fresh, newKeyForm(desk, (key) => {
    showOnce(fresh, key)
    read()
  }))
}

function row(desk, key, read) {
  const name = exactLine(key.name ?? key.id)
  const facts = [key.scopes.join(', '),
    key.lastUsedAt ? `used ${ago(key.lastUsedAt, Date.now())}` : 'never used',
    key.expiresAt ? `until ${new Date(key.expiresAt).toLocaleDateString()}` : 'without end']
  return h('li', {}, h('span', { class: 'row-name' }, name), h('span', { class: 'hint' }, facts.join(' · ')),
    button('Revoke', () => openDialog({
      title: 'Revoke key', action: 'Revoke', isDangerous: true,
      body: h('p', {}, `Whatever uses “${name}” is disconnected at once.`),
      submit: async () => {
        await rest.revokeKey(key.id)
        await read()
      },
    }), { class: 'quiet small', 'aria-label': `Revoke ${name}` }))
}

function newKeyForm(desk, made) {
  const name = h('input', { required: true, maxlength: 256, autocomplete: 'off' })
  const scopes = Object.keys(SCOPES).map((scope) => h('input', { type: 'checkbox', value: scope, checked: scope === 'publish' }))
  const lifetime = h('select', {}, LIFETIMES.map(([value, text]) => h('option', { value }, text)))
  const form = h('form', { class: 'inset', aria: { label: 'New API key' } }, h('h3', {}, 'New API key'),
    field('Name', name),
    h('fieldset', {}, h('legend', {}, 'May'), scopes.map((box) => h('label', { class: 'check' }, box,
      h('span', {}, box.value, ' ', h('span', { class: 'hint' }, SCOPES[box.value]))))),
    field('Expires', lifetime), h('button', { class: 'primary' }, 'Create key'))
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      made(await rest.createKey({
        name: name.value.trim(), scopes: scopes.filter((box) => box.checked).map((box) => box.value),
        expiresAt: lifetime.value ? new Date(Date.now() + lifetime.value * DAY).toISOString() : null,
      }))
      name.value = ''
    } catch (error) {
      desk.fail('The key was not created', error)
    }
  })
  return form
}

function showOnce(place, { key }) {
  const value = h('input', { readOnly: true, value: key, class: 'secret', spellcheck: 'false', aria: { label: 'New key' } })
  const copy = button('Copy', async () => {
    await navigator.clipboard.writeText(key)
    setText(copy, 'Copied')
  })
  fill(place, h('p', { role: 'status' }, 'This is the key. It is shown this once: keep it now.'),
    h('div', { class: 'tools' }, value, copy, button('Done', () => place.replaceChildren(), { class: 'quiet' })))
  value.focus()
  value.select()
}
