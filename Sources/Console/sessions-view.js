// All sessions of the team: search, states, and the way into each.

import { button, fill, h, icon, setText } from './dom.js'
import { openNewSession } from './new-session.js'
import { SessionRows } from './session-rows.js'
import { Ends, onceAFrame } from './store.js'
import { STATUSES } from './words.js'

const TYPING = 250

/** `setTitle` names the view in the window's title. */
export function sessionsView(desk, _route, setTitle) {
  const ends = new Ends()
  const wanted = { text: '', status: 'all' }
  const list = h('ul', { class: 'sessions', aria: { label: 'Sessions' } })
  const rows = new SessionRows(desk, list)
  const empty = h('p', { class: 'empty', hidden: true })
  const more = button('Load more', () => load(() => desk.loadMore()), { hidden: true })
  const filters = h('div', { class: 'filters', role: 'group', aria: { label: 'Filter by state' } })
  const search = h('input', { type: 'search', placeholder: 'Search sessions', aria: { label: 'Search sessions' } })

  async function load(read) {
    try {
      await read()
    } catch (error) {
      desk.fail('The sessions could not be read', error)
    }
  }

  let typing
  const change = (changes) => {
    Object.assign(wanted, changes)
    show()
    clearTimeout(typing)
    typing = setTimeout(() => load(() => desk.search(wanted)), TYPING)
  }
  search.addEventListener('input', () => change({ text: search.value }))

  const filterButtons = ['all', ...STATUSES.keys()].map((status) => {
    const number = h('span', { class: 'number' })
    const node = h('button', {
      type: 'button', class: 'filter', onclick: () => change({ status }), data: { status },
    }, status !== 'all' && icon(status), status === 'all' ? 'All' : STATUSES.get(status).replace(' for you', ''), ' ', number)
    return { node, number, status }
  })
  fill(filters, filterButtons.map(({ node }) => node))

  const show = () => {
    const sessions = desk.sessions.value
    const counts = sessions.counts()
    for (const { node, number, status } of filterButtons) {
      setText(number, `${counts.get(status)}${desk.nextPage ? '+' : ''}`)
      node.setAttribute('aria-pressed', String(wanted.status === status))
    }
    const shown = sessions.shown(wanted)
    rows.show(shown)
    more.hidden = !desk.nextPage
    empty.hidden = shown.length > 0
    setText(empty, desk.nextPage === undefined ? 'Loading…' : sessions.size === 0
      ? 'No sessions yet. A new one is a conversation with an agent.' : 'No session matches.')
  }
  const draw = onceAFrame(show)
  ends.add(desk.sessions.watch(draw), () => clearTimeout(typing))
  const clock = setInterval(() => rows.refreshTimes(), 30_000)
  ends.add(() => clearInterval(clock))
  show()
  setTitle('Sessions')

  const element = h('div', { class: 'page' },
    h('div', { class: 'page-head' }, h('h1', {}, 'Sessions'),
      desk.may('sessions:write') && h('button', { type: 'button', class: 'primary', onclick: () => openNewSession(desk) }, 'New session')),
    h('div', { class: 'tools' }, search, filters), empty, list, more)
  return { element, end: () => ends.end() }
}
