// The items of a transcript: in their order, by key, and what of them a view has to draw again.

export class ItemList {
  all = []

  #byKey = new Map()
  #changes = noChanges()

  get(key) { return this.#byKey.get(key) }

  has(key) { return this.#byKey.has(key) }

  /** Another key for an item that is there. */
  alias(key, item) { this.#byKey.set(key, item) }

  append(item) {
    this.all.push(item)
    this.#byKey.set(item.key, item)
    this.#changes.appended.push(item)
  }

  prepend(items) {
    for (const item of items) this.#byKey.set(item.key, item)
    this.all.unshift(...items)
    this.#changes.prepended += items.length
  }

  changed(item) { this.#changes.updated.add(item) }

  /** Something beside the items: the session's head, the queue. */
  headChanged() { this.#changes.head = true }

  remove(item) {
    if (!item) return
    this.all = this.all.filter((other) => other !== item)
    this.#byKey.delete(item.key)
    this.#changes.removed.push(item)
  }

  clear() {
    this.all = []
    this.#byKey.clear()
  }

  /** Everything is to be drawn again, whatever changed by now. */
  redraw() { this.#changes = { ...noChanges(), isReset: true, head: true } }

  takeChanges() {
    const changes = this.#changes
    this.#changes = noChanges()
    return changes
  }
}

const noChanges = () => ({
  isReset: false, prepended: 0, appended: [], updated: new Set(), removed: [], head: false,
})
