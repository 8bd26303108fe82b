// Publishes one event, for trying things out.

import { field, h, setText } from './dom.js'
import * as rest from './rest.js'

const TYPES = ['log_entry', 'agent_status_changed', 'spec_updated', 'task_completed', 'blocker_raised', 'x_hello']

export function publishForm(desk) {
  const channel = h('input', { list: 'channels', required: true, spellcheck: 'false', value: `team:${desk.me.teamId}` })
  const type = h('input', { list: 'types', required: true, spellcheck: 'false', value: 'log_entry' })
  const payload = h('textarea', { rows: 4, spellcheck: 'false', value: '{"message": "Hello"}' })
  const output = h('output', { class: 'hint' })
  const form = h('form', { class: 'card', aria: { label: 'Publish an event' } },
    h('h2', {}, 'Publish an event'), field('To channel', channel), field('Type', type),
    h('datalist', { id: 'types' }, TYPES.map((value) => h('option', { value }))),
    field('Payload (JSON)', payload), h('button', { class: 'primary' }, 'Publish'), output)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    setText(output, '')
    try {
      const body = payload.value.trim() ? JSON.parse(payload.value) : undefined
      const { results } = await rest.publish({ channel: channel.value.trim(), type: type.value.trim(), payload: body })
      setText(output, `Published at offset ${results[0].offset}.`)
    } catch (error) {
      desk.fail('The event was not published', error)
    }
  })
  return form
}
