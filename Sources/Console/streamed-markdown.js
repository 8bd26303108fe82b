// Text that grows, shown as Markdown: what is finished is never touched again, only the last block.

import { finishCode, growCodeBlock } from './code-block.js'
import { h } from './dom.js'
import { blocksOf, elementOf } from './markdown.js'

const normal = (text) => text.replace(/\r\n?|[\u0085\u2028\u2424]/g, '\n')

/**
 * Where the last top-level block begins: all before it is settled, since Markdown closes a block only
 * when the next one has begun.
 */
export function tailStart(text, line) {
  let start = 0
  for (let lines = 0; lines < line; lines++) start = text.indexOf('\n', start) + 1
  return start
}

export class StreamedMarkdown {
  #element
  #text = ''          // of everything shown
  #settled = 0        // so many characters of it are in blocks that are finished
  #tail = []          // the elements of the rest
  #references = {}    // link definitions of the finished blocks
  #isFinal = false
  #isPlain = true     // what stands there is no Markdown yet

  constructor(element) { this.#element = element }

  /** Shows a text, which mostly is the one before with something added. */
  update(source, { isFinal = false } = {}) {
    const text = normal(source)
    if (!this.#isPlain && text && text === this.#text && isFinal === this.#isFinal) return
    if (this.#isPlain || !text.startsWith(this.#text) || this.#isFinal) this.#restart()
    this.#text = text
    this.#isFinal = isFinal
    const rest = text.slice(this.#settled)
    const environment = { references: { ...this.#references } }
    const blocks = blocksOf(rest, environment)
    this.#isPlain = !blocks
    if (!blocks) return this.#showPlain(rest)
    if (blocks.length === 1 && !isFinal && this.#grow(blocks[0])) return
    this.#showBlocks(blocks, rest, environment)
  }

  #restart() {
    this.#element.replaceChildren()
    this.#tail = []
    this.#settled = 0
    this.#references = {}
    this.#isFinal = false
  }

  #showBlocks(blocks, rest, environment) {
    for (const node of this.#tail) node.remove()
    const nodes = blocks.map(elementOf)
    this.#element.append(...nodes)
    const finished = this.#isFinal ? nodes : nodes.slice(0, -1)
    for (const node of finished) finishCode(node)
    this.#tail = nodes.slice(finished.length)
    if (this.#isFinal || blocks.length < 2) return
    this.#settled += tailStart(rest, blocks.at(-1).line)
    this.#references = environment.references
  }

  #grow({ tokens: [token] }) {
    return token.type === 'fence' && this.#tail.length === 1
      && growCodeBlock(this.#tail[0], token.content, token.info.trim().split(/\s+/)[0])
  }

  /** Without the library: the text as it is. */
  #showPlain(rest) {
    this.#element.replaceChildren(h('p', { class: 'plain' }, rest))
  }
}
