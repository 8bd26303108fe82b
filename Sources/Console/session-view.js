// One session: its head, the conversation, its open questions, what waits, and the composer.

import { announce } from './announcer.js'
import { Composer } from './composer.js'
import { ConversationView } from './conversation-view.js'
import { button, fill, h, setText } from './dom.js'
import { loadMarkdown } from './markdown.js'
import { QuestionCards } from './question-card.js'
import { QueueView } from './queue-view.js'
import { addressOf, go } from './router.js'
import { SessionFeed } from './session-feed.js'
import { SessionHead } from './session-head.js'
import { SessionRows } from './session-rows.js'
import { Ends, onceAFrame } from './store.js'
import { STATUSES, titleOf } from './words.js'

export function sessionView(desk, { id }, setTitle) {
  const ends = new Ends()
  const draw = onceAFrame(() => show())
  const feed = new SessionFeed(desk, id, draw)
  const composer = new Composer(desk, id, (text, { messageId, status }) => {
    feed.transcript.sent({ messageId, text, status, timestamp: new Date(desk.realtime.now()).toISOString() })
    draw()
  })
  const retry = () => {
    const last = feed.transcript.items.filter((item) => item.kind === 'user').at(-1)
    if (last) composer.send(last.text).catch((error) => desk.fail('The message was not sent', error))
  }
  const head = new SessionHead(desk, id, feed)
  const conversation = new ConversationView(feed, { desk, retry })
  const queue = new QueueView(desk, id, feed, draw)
  const asked = h('div', { class: 'open-questions' })
  const cards = new QuestionCards(desk, asked, { withSession: false, afterFocused: () => afterFocused() })
  // On a phone the box would bring the keyboard up over the conversation.
  const afterFocused = () => matchMedia('(pointer: coarse)').matches
    ? element.querySelector('h1').focus() : composer.focus()
  const problem = h('p', { class: 'problem', role: 'status', aria: { label: 'Session' } })
  const writes = desk.may('sessions:write')

  let status = null
  function show() {
    const { transcript, state } = feed
    if (state === 'missing' || state === 'forbidden') return showMissing()
    const text = feed.problem ?? (state === 'loading' ? 'Loading…' : '')
    setText(problem, text)
    const changes = transcript.takeChanges()
    conversation.apply(changes)
    if (!changes.head) return
    head.show(state === 'ready' ? transcript.head : null)
    queue.show(transcript.queue)
    conversation.keepAtEnd()
    if (status && status !== transcript.head.status) announce(`Agent: ${STATUSES.get(transcript.head.status)}`)
    status = state === 'ready' ? transcript.head.status : status
  }

  function showMissing() {
    fill(element, h('div', { class: 'page' }, h('h1', {}, 'No such session'),
      h('p', {}, 'It was deleted, or belongs to another team.'),
      button('All sessions', () => go({ view: 'sessions' }))))
  }

  desk.onSessionEvent = ({ type, session }) => {
    if (session.id !== id) return
    if (type === 'session_deleted') {
      feed.state = 'missing'
    } else if (feed.state === 'ready') {
      if (feed.transcript.queue.length) feed.refreshQueue()
      feed.transcript.sessionChanged(session)
    }
    draw()
  }
  desk.people.onNamed = () => conversation.redraw('notice')
  ends.add(
    () => { desk.people.onNamed = () => {} }, () => { desk.onSessionEvent = () => {} }, () => feed.close(), () => conversation.end(),
    () => head.end(), () => cards.end(),
    desk.questions.watch((questions) => {
      cards.show(questions.of(id))
      asked.hidden = questions.countOf(id) === 0
      conversation.keepAtEnd()
    }),
    desk.sessions.watch((sessions) => setTitle(titleOf(sessions.get(id)))))

  const element = h('div', { class: 'session' }, otherSessions(desk, id, ends),
    h('div', { class: 'session-main' }, head.element, problem, conversation.element,
      h('div', { class: 'session-foot' }, asked, queue.element,
        writes ? composer.element : h('p', { class: 'hint' }, 'You may read this session, and not write to it.'))))
  feed.open()
  show()
  // Text that came before the library did is drawn again with it.
  loadMarkdown().then(() => conversation.redraw('assistant'))
  return { element, end: () => ends.end() }
}

/** Beside the session where there is room. */
function otherSessions(desk, id, ends) {
  const list = h('ul', { class: 'sessions compact', aria: { label: 'Sessions' } })
  const rows = new SessionRows(desk, list)
  const draw = onceAFrame(() => rows.show(desk.sessions.value.shown(), id))
  ends.add(desk.sessions.watch(draw))
  return h('aside', { class: 'others', aria: { label: 'Other sessions' } },
    h('p', { class: 'others-title' }, h('a', { href: addressOf({ view: 'sessions' }) }, 'All sessions')), list)
}
