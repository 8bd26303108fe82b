// The rarer actions on a session.

import { openDialog } from './dialog.js'
import { button, field, fill, h, setText } from './dom.js'
import * as rest from './rest.js'
import { go } from './router.js'
import { exactLine } from './visible.js'
import { titleOf } from './words.js'

export function openRename(desk, session) {
  const name = h('input', { name: 'name', maxlength: 256, value: session.name ?? '', autocomplete: 'off' })
  openDialog({
    title: 'Rename session', action: 'Save', body: field('Name', name),
    submit: async () => desk.put(await rest.changeSession(session.id, { name: name.value.trim() || null })),
  })
}

export function openDelete(desk, session) {
  openDialog({
    title: 'Delete session', action: 'Delete', isDangerous: true,
    body: h('p', {}, `“${titleOf(session)}” and its transcript are removed for everybody, and its run ends.`),
    submit: async () => {
      await rest.deleteSession(session.id)
      go({ view: 'sessions' })
    },
  })
}

export function openRules(desk, session) {
  const list = h('ul', { class: 'rows', aria: { label: 'Rules' } })
  const empty = h('p', { class: 'hint' }, 'Loading…')
  openDialog({ title: 'Remembered rules', cancel: 'Close', body: [empty, list] })
  const guard = (what, action) => action().catch((error) => { empty.hidden = false; setText(empty, `${what}: ${error.message}`) })
  const read = async () => {
    const { items } = await rest.rules(session.id)
    empty.hidden = items.length > 0
    setText(empty, 'Nothing is remembered: “Always allow” on a question does.')
    fill(list, items.map((rule) => h('li', {}, h('code', {}, exactLine(rule.remembers)), h('span', { class: 'hint' }, `by ${rule.createdBy}`),
      desk.may('permissions:respond') && button('Forget', () => guard('It was not forgotten', async () => {
        await rest.forgetRule(session.id, rule.id)
        await read()
      }), { class: 'quiet small', 'aria-label': `Forget ${exactLine(rule.remembers)}` }))))
  }
  guard('The rules could not be read', read)
}
