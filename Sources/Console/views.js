// What is shown: every text goes in as text, never as markup.

const KEPT_EVENTS = 200
const ENVELOPE = new Set(['type', 'channel', 'timestamp', 'eventId', 'encoding', 'offset'])

export const element = (id) => document.getElementById(id)

/** An element with properties and children; `dataset` and text nodes included. */
export function make(tag, { dataset, ...properties } = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties)
  Object.assign(node.dataset, dataset)
  node.append(...children)
  return node
}

export function showState(state, text) {
  element('state').dataset.state = state
  element('state').textContent = text
}

export function showNotice(text) {
  element('notice').textContent = text
  element('notice').hidden = !text
}

/** Newest first; the oldest leaves when there are too many. */
export function showEvent(message) {
  const list = element('events')
  const body = message.payload
    ?? Object.fromEntries(Object.entries(message).filter(([key]) => !ENVELOPE.has(key)))
  const time = new Date(message.timestamp)
  list.prepend(make('li', { dataset: { kind: message.type } },
    make('time', { dateTime: message.timestamp, title: message.timestamp },
      time.toLocaleTimeString(undefined, { hour12: false })),
    make('span', { className: 'type' }, message.type,
      make('span', { className: 'channel' }, message.channel ?? 'everywhere')),
    make('span', { className: 'offset', title: 'offset in the channel' },
      message.offset === undefined ? '' : `#${message.offset}`),
    make('pre', { tabIndex: 0 }, JSON.stringify(body, null, 2))))
  while (list.children.length > KEPT_EVENTS) list.lastElementChild.remove()
  element('events-empty').hidden = true
}

export function clearEvents() {
  element('events').replaceChildren()
  element('events-empty').hidden = false
}

/** `watched` are the channels subscribed to; `toggle(channel)` starts or ends watching one. */
export function showSessions(sessions, watched, toggle) {
  element('sessions-empty').hidden = sessions.length > 0
  element('sessions').replaceChildren(...sessions.map((session) => {
    const channel = `session:${session.id}`, on = watched.includes(channel)
    const label = session.name || session.id
    return make('li', {},
      make('div', {}, label, make('div', { className: 'dim' },
        make('span', { className: 'badge', dataset: { status: session.status } }, session.status),
        session.pendingPermissions ? ` · ${session.pendingPermissions} waiting for you` : '')),
      make('button', {
        type: 'button', className: 'quiet', ariaPressed: String(on),
        ariaLabel: `${on ? 'Stop watching' : 'Watch'} ${label}`, onclick: () => toggle(channel),
      }, on ? 'Watching' : 'Watch'))
  }))
}

/** `answer(question, allowed, alwaysAllow)` is null where the principal may not answer. */
export function showQuestions(questions, answer) {
  element('questions-empty').hidden = questions.length > 0
  element('questions').replaceChildren(...questions.map((question) => {
    const button = (text, className, ...decision) => make('button', {
      type: 'button', className, onclick: () => answer(question, ...decision),
    }, text)
    const until = question.expiresAt
      ? `until ${new Date(question.expiresAt).toLocaleTimeString()}` : 'waits without limit'
    return make('li', {},
      make('div', {}, make('strong', {}, question.toolName), ' ',
        make('span', { className: 'dim' }, until)),
      make('div', {}, question.description ?? ''),
      make('code', {}, question.command ?? ''),
      ...(answer ? [make('div', { className: 'answers' },
        button('Allow', '', true, false), button('Always allow', 'quiet', true, true),
        button('Deny', 'deny', false, false))] : []))
  }))
}
