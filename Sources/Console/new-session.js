// The dialog that begins a session.

import { openDialog } from './dialog.js'
import { field, h, setText } from './dom.js'
import { radios } from './radios.js'
import * as rest from './rest.js'
import { go } from './router.js'
import { MODES, modeOf } from './words.js'

export async function openNewSession(desk) {
  const name = h('input', { name: 'name', maxlength: 256, autocomplete: 'off', placeholder: 'What is it about?' })
  const workspace = h('select', { name: 'workspace' }, h('option', { value: '' }, 'A new, empty folder'))
  const mode = radios('Mode', [...MODES].map(([value, words]) => ({ value, ...words })), 'ask')
  const hint = h('p', { class: 'hint' }, modeOf('ask').hint)
  mode.element.addEventListener('change', () => { setText(hint, modeOf(mode.value).hint) })
  const first = h('textarea', { name: 'first', rows: 4, placeholder: 'Optional: what the agent should do' })
  openDialog({
    title: 'New session', action: 'Create session',
    body: [
      field('Name', name), field('Workspace', workspace),
      h('div', { class: 'field' }, h('span', { class: 'label' }, 'Mode'), mode.element, hint),
      desk.may('sessions:write') && field('First message', first),
    ],
    submit: () => create(desk, {
      name: name.value.trim(), workspaceId: workspace.value, mode: mode.value,
    }, first.value.trim()),
  })
  await offerWorkspaces(desk, workspace, mode, hint)
}

async function offerWorkspaces(desk, select, mode, hint) {
  try {
    const { items } = await rest.workspaces()
    for (const item of items) select.append(h('option', { value: item.id }, `${item.name} · ${item.path}`))
    select.addEventListener('change', () => {
      const chosen = items.find((item) => item.id === select.value)
      if (!chosen?.mode) return
      mode.value = chosen.mode
      setText(hint, modeOf(chosen.mode).hint)
    })
  } catch (error) {
    desk.fail('The workspaces could not be read', error)
  }
}

async function create(desk, { name, workspaceId, mode }, first) {
  const session = await rest.createSession({
    mode, ...(name && { name }), ...(workspaceId && { workspaceId }),
    ...(!name && first && { name: first.split('\n')[0].slice(0, 80) }),
  })
  desk.put(session)
  if (first) await rest.send(session.id, { text: first, clientMessageId: crypto.randomUUID() })
  go({ view: 'session', id: session.id })
}
