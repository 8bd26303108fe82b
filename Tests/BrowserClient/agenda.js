/** What will happen, by time; at the same time in the order of asking. */
export class Agenda {
  now = 0
  #heap = []
  #count = 0

  get nextAt() { return this.#heap.length > 0 ? this.#heap[0].at : Infinity }

  after(delayMs, action) { this.at(this.now + delayMs, action) }

  at(moment, action) {
    const heap = this.#heap
    const item = { at: moment, order: this.#count++, action }
    let index = heap.length
    heap.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (isBefore(heap[parent], item)) break
      heap[index] = heap[parent]
      index = parent
    }
    heap[index] = item
  }

  /** Does the next thing; there must be one. */
  step() {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (heap.length > 0) this.#sink(last)
    this.now = first.at
    first.action()
  }

  #sink(item) {
    const heap = this.#heap
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child += 1
      if (isBefore(item, heap[child])) break
      heap[index] = heap[child]
      index = child
    }
    heap[index] = item
  }
}

const isBefore = (a, b) => a.at < b.at || (a.at === b.at && a.order < b.order)
