// A value that can be watched.

export class Store {
  #value
  #watchers = new Set()

  constructor(value) { this.#value = value }

  get value() { return this.#value }

  /** Replaces the value and tells every watcher, also where it is the same object, changed inside. */
  set(value) {
    this.#value = value
    for (const watcher of [...this.#watchers]) watcher(value)
  }

  update(change) { this.set(change(this.#value)) }

  /** Calls at once and on each change, until the returned function is called. */
  watch(watcher) {
    this.#watchers.add(watcher)
    watcher(this.#value)
    return () => this.#watchers.delete(watcher)
  }
}

/** Calls `task` once in the next frame, however often it is asked; at once where nothing is drawn. */
export function onceAFrame(task) {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    const run = () => {
      isDue = false
      task()
    }
    // A hidden page has no frames, and nobody who would see one.
    if (document.hidden) setTimeout(run, 250)
    else requestAnimationFrame(run)
  }
}

/** Ends everything that was begun: a list of functions, each called once. */
export class Ends {
  #ends = []
  add(...ends) { this.#ends.push(...ends) }
  listen(target, type, listener, options) {
    target.addEventListener(type, listener, options)
    this.add(() => target.removeEventListener(type, listener, options))
  }
  end() {
    for (const end of this.#ends.splice(0).reverse()) end()
  }
}
