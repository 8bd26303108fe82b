// Around every view: header, connection, questions of other sessions, title, and the view itself.

import { ConnectionBadge } from './connection-badge.js'
import { fill } from './dom.js'
import { listenForShortcuts } from './shortcuts.js'
import { element } from './page.js'
import { QuestionBar } from './question-bar.js'
import { watchRoute } from './router.js'
import { sessionView } from './session-view.js'
import { sessionsView } from './sessions-view.js'
import { Ends } from './store.js'
import { TitleBadge } from './title-badge.js'
import { Notifications } from './notifications.js'

/** The rarer ones are loaded when somebody goes there. */
const VIEWS = {
  sessions: () => sessionsView,
  session: () => sessionView,
  events: async () => (await import('./events-view.js')).eventsView,
  settings: async () => (await import('./settings-view.js')).settingsView,
}
/** The parts of index.html that are for people who are signed in. */
const PARTS = ['views', 'connection', 'sign-out']

export class Shell {
  #desk
  #ends = new Ends()
  #view = null
  #loading = null
  #title
  #bar
  #isQuiet

  /** `isQuiet`: the first view leaves the focus where the browser put it. */
  constructor(desk, { signOut, isQuiet }) {
    this.#isQuiet = isQuiet
    this.#desk = desk
    this.#ends.listen(element('sign-out'), 'click', signOut)
    this.#ends.listen(element('skip'), 'click', (event) => {
      event.preventDefault()
      element('main').focus()
    })
  }

  open() {
    for (const id of PARTS) element(id).hidden = false
    const desk = this.#desk
    this.#title = new TitleBadge(desk)
    this.#bar = new QuestionBar(desk)
    const notifications = new Notifications(desk)
    this.#ends.add(
      new ConnectionBadge(desk.realtime).end, () => this.#bar.end(), () => this.#title.end(),
      () => notifications.end(), listenForShortcuts(),
      watchRoute((route) => this.#show(route)))
  }

  close() {
    this.#loading = null
    this.#ends.end()
    this.#view?.end()
    this.#view = null
    for (const id of PARTS) element(id).hidden = true
  }

  /** Another view, whose heading gets the focus. */
  async #show(route) {
    const load = this.#loading = VIEWS[route.view]()
    let view
    try {
      view = load instanceof Promise ? await load : load
    } catch (error) {
      return this.#desk.fail('The view could not be loaded', error)
    }
    if (load !== this.#loading) return   // somebody has gone on meanwhile
    this.#view?.end()
    this.#mark(route)
    this.#bar.setOpenSession(route.view === 'session' ? route.id : null)
    this.#view = view(this.#desk, route, (title) => this.#title.setView(title))
    fill(element('main'), this.#view.element)
    const heading = element('main').querySelector('h1')
    if (heading) heading.tabIndex = -1
    if (!this.#isQuiet) heading?.focus()
    this.#isQuiet = false
  }

  /** Where we are, for the navigation and the styles. */
  #mark({ view }) {
    document.documentElement.dataset.view = view
    const place = view === 'session' ? 'sessions' : view
    for (const link of element('views').children) {
      if (link.dataset.view === place) link.setAttribute('aria-current', view === place ? 'page' : 'true')
      else link.removeAttribute('aria-current')
    }
  }
}
