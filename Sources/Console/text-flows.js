// Texts that are being written: which item a delta goes into, and which ones a final text ends.

const parentOf = (flow) => flow.parentToolUseId ?? null

export class TextFlows {
  #flows = []              // {turn, parent, item}; turn is null where nobody has named it yet

  get all() { return this.#flows.map(({ item }) => item) }

  clear() { this.#flows = [] }

  begin({ turnId = null, parentToolUseId }, item) {
    this.#flows.push({ turn: turnId, parent: parentToolUseId ?? null, item })
  }

  /** The item of a delta's flow. A snapshot does not name the turn of its text: the first delta does. */
  of(delta) {
    const turn = delta.turnId ?? null, parent = parentOf(delta)
    const own = this.#flows.find((flow) => flow.turn === turn && flow.parent === parent)
    if (own || parent) return own?.item
    const unnamed = this.#flows.find((flow) => flow.turn === null && !flow.parent && flow.item.text.trim())
    if (unnamed) unnamed.turn = turn
    return unnamed?.item
  }

  /** Removes what a final text ends, and gives the items: without a turn, those of every turn. */
  take(final) {
    const turn = final.turnId ?? null, parent = parentOf(final)
    const isEnded = (flow) => flow.parent === parent
      && (turn === null || flow.turn === null || flow.turn === turn)
    const ended = this.#flows.filter(isEnded)
    this.#flows = this.#flows.filter((flow) => !ended.includes(flow))
    return ended.map(({ item }) => item)
  }
}
