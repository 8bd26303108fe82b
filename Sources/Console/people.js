// Names for whoever did something: the server tells `user:ID`, `key:ID` and some words of its own.

import * as rest from './rest.js'

const OTHERS = new Map([
  ['aborted', 'the stop'], ['agent_gone', 'the loss of the agent'], ['session_deleted', 'the deletion'],
  ['local', 'the server’s command line'], ['agent', 'the agent'],
])

export class People {
  #me
  #names = new Map()
  #isRead = false
  /** Called when names have come. */
  onNamed = () => {}

  constructor(me) { this.#me = me }

  nameOf(actor) {
    if (!actor) return 'somebody'
    const [kind, id] = actor.split(/:(.*)/)
    if (id === undefined) return OTHERS.get(actor) ?? actor
    if (id === (this.#me.userId ?? this.#me.keyId)) return 'you'
    if (kind === 'rule') return 'a remembered rule'
    const name = this.#names.get(id)
    if (!name) this.#read()
    return name ?? (kind === 'key' ? 'an API key' : 'another member')
  }

  /** Only admins may read who is in the team. */
  async #read() {
    if (this.#isRead || !this.#me.scopes.includes('admin')) return
    this.#isRead = true
    const [users, keys] = await Promise.all([rest.users(), rest.keys()].map((read) =>
      read.catch(() => ({ items: [] }))))   // then they stay without a name
    for (const { id, name } of [...users.items, ...keys.items]) if (name) this.#names.set(id, name)
    this.onNamed()
  }
}
