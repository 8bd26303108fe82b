// Live events of any channel, and a form to publish some.

import { button, fill, h, setText } from './dom.js'
import { EventLog } from './event-log.js'
import { publishForm } from './publish-form.js'
import { Ends, onceAFrame } from './store.js'

export function eventsView(desk, _route, setTitle) {
  const ends = new Ends()
  const subscriptions = new Map()
  const log = new EventLog()
  const channel = h('input', { list: 'channels', spellcheck: 'false', autocapitalize: 'none', required: true, placeholder: `team:${desk.me.teamId}`, aria: { label: 'Channel' } })
  const channels = h('datalist', { id: 'channels' })
  const chips = h('ul', { class: 'chips', aria: { label: 'Watched channels' } })
  const filter = h('input', { type: 'search', placeholder: 'Filter events', aria: { label: 'Filter events' } })
  const list = h('ol', { class: 'events', aria: { label: 'Events, newest first' } })
  const note = h('p', { class: 'hint', role: 'status', aria: { label: 'Events' } })
  const pause = button('Pause', () => {
    log.isPaused = !log.isPaused
    setText(pause, log.isPaused ? 'Resume' : 'Pause')
    draw()
  })
  const clear = button('Clear', () => {
    log.clear()
    draw()
  })
  const show = () => {
    log.show(list, filter.value)
    setText(note, log.summary(filter.value))
  }
  const draw = onceAFrame(show)
  filter.addEventListener('input', draw)

  function watch(name) {
    if (subscriptions.has(name)) return
    desk.watched.add(name)
    subscriptions.set(name, desk.realtime.subscribe(name, (message) => {
      if (message.type === 'error' && message.offset === undefined && !message.willRetry) {
        desk.fail(`${name} cannot be watched: ${message.payload.message}`)
        unwatch(name)
      }
      log.add(message)
      draw()
    }))
    showChips()
  }

  function unwatch(name) {
    desk.watched.delete(name)
    subscriptions.get(name)?.dispose()
    subscriptions.delete(name)
    showChips()
  }

  const showChips = () => fill(chips, [...subscriptions.keys()].map((name) => h('li', {}, h('code', {}, name),
    h('button', { type: 'button', class: 'quiet small', onclick: () => unwatch(name), aria: { label: `Stop watching ${name}` } }, '×'))))

  const form = h('form', { class: 'watch' }, channel, channels, h('button', {}, 'Watch'))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    watch(channel.value.trim())
    channel.value = ''
  })
  ends.add(
    desk.sessions.watch((sessions) => fill(channels, [`team:${desk.me.teamId}`,
      ...sessions.shown().slice(0, 50).map(({ id }) => `session:${id}`)].map((value) => h('option', { value })))),
    () => { for (const subscription of subscriptions.values()) subscription.dispose() })
  if (!desk.watched.size) desk.watched.add(`team:${desk.me.teamId}`)
  for (const name of [...desk.watched]) watch(name)
  show()
  setTitle('Events')

  const element = h('div', { class: 'page' },
    h('div', { class: 'page-head' }, h('h1', {}, 'Events')),
    h('div', { class: 'split' },
      h('div', {}, h('div', { class: 'tools' }, form, chips), h('div', { class: 'tools' }, filter, pause, clear), note, list),
      desk.may('publish') && publishForm(desk)))
  return { element, end: () => ends.end() }
}
