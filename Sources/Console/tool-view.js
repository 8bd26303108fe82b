// A tool call: what it is about in one line, and inside its input, output or difference.

import { everySecond } from './clock.js'
import { diffRows, editsOf, sums } from './diff.js'
import { fill, h, icon, setText } from './dom.js'
import { duration } from './format.js'
import { highlight } from './highlight.js'
import { inputText, summaryOf } from './tool-words.js'
import { lineDiff } from './vendor.js'
import { beginning, exactLine, exactText } from './visible.js'

const STATES = new Map([
  ['running', 'Running'], ['waiting', 'Waits for an answer'], ['done', 'Done'], ['failed', 'Failed'],
  ['interrupted', 'Interrupted'], ['unknown', 'No result'],
])
/** Characters of output that are shown before somebody asks for all of it. */
const SHOWN = 4_000

export class ToolView {
  element
  #context
  #item
  #parts
  #details
  #isFilled = false
  #filledState = null
  #stopClock = null

  constructor(item, context) {
    this.#item = item
    this.#context = context
    this.#parts = {
      sign: h('span', { class: 'tool-sign' }),
      name: h('strong', { title: item.displayName && exactLine(item.displayName) }, exactLine(item.name)),
      summary: h('span', { class: 'tool-summary' }),
      sums: h('span', { class: 'sums' }),
      duration: h('span', { class: 'duration', data: { part: 'duration' } }),
      state: h('span', { class: 'tool-state', data: { part: 'tool-state' } }),
      body: h('div', { class: 'tool-body' }),
    }
    const { sign, name, summary, sums: counted, duration: took, state, body } = this.#parts
    this.#details = h('details', { ontoggle: () => this.#fill() },
      h('summary', {}, sign, name, summary, counted, took, state), body)
    this.element = h('li', { class: 'tool', data: { kind: 'tool', tool: item.toolUseId } }, this.#details)
    if (item.parent) this.element.dataset.nested = ''
  }

  update(item) {
    const { sign, summary, state, sums: counted } = this.#parts
    this.#item = item
    const shown = item.state === 'running' && item.waitsFor ? 'waiting' : item.state
    this.element.dataset.state = shown
    fill(sign, icon(shown))
    setText(summary, summaryOf(item))
    setText(state, STATES.get(shown))
    const edits = editsOf(item.name, item.input)
    if (edits && item.state !== 'failed') this.#countLines(edits, counted)
    // Edits are for reading at once; everything else opens when somebody wants it.
    if (edits && !this.#isFilled) this.#details.open = true
    this.#showDuration()
    this.#fill()
  }

  end() { this.#stopClock?.() }

  #showDuration() {
    const { startedAt, endedAt, state } = this.#item
    this.#stopClock?.()
    this.#stopClock = null
    const show = (end) => { setText(this.#parts.duration, duration(end - Date.parse(startedAt))) }
    if (startedAt && endedAt) show(Date.parse(endedAt))
    else if (startedAt && state === 'running') {
      this.#stopClock = everySecond(() => show(this.#context.desk.realtime.now()))
    } else setText(this.#parts.duration, '')
  }

  async #countLines(edits, node) {
    const library = await lineDiff()
    const { added, removed } = sums(edits.flatMap((edit) => diffRows(edit, library)))
    fill(node, h('span', { class: 'added' }, `+${added}`), ' ', h('span', { class: 'removed' }, `−${removed}`))
  }

  /** Only what is open is made, and made again only when something came. */
  #fill() {
    if (!this.#details.open || this.#filledState === this.#item.state) return
    this.#isFilled = true
    this.#filledState = this.#item.state
    const edits = editsOf(this.#item.name, this.#item.input)
    fill(this.#parts.body, edits ? this.#diff(edits) : this.#input(), this.#output(edits))
  }

  #input() {
    const text = inputText(this.#item)
    if (!text) return null
    const code = h('code', {}, exactText(text))
    const pre = h('pre', { tabindex: 0, role: 'group', 'aria-label': 'Input', data: { part: 'input' } }, code)
    if (this.#item.name === 'Bash') highlight(code, 'bash')
    return pre
  }

  #diff(edits) {
    const box = h('div', { class: 'diff', tabindex: 0, role: 'group', 'aria-label': 'Changes', data: { part: 'diff' } })
    lineDiff().then((library) => {
      fill(box, edits.map((edit) => diffRows(edit, library).map(({ kind, text }) =>
        h('div', { class: kind }, h('span', { class: 'unseen' }, UNSEEN[kind]), exactText(text) || ' '))))
    })
    return box
  }

  #output(edits) {
    const { result, state } = this.#item
    if (result === null || result === '') return null
    if (edits && state === 'done') return null
    const code = h('code', {}, exactText(linesOf(beginning(result, SHOWN))))
    const rest = result.length - SHOWN
    const all = rest > 0 && h('button', {
      type: 'button', class: 'quiet small',
      onclick: () => {
        setText(code, exactText(linesOf(result)))
        all.remove()
      },
    }, `Show all (${rest} more characters)`)
    return [h('pre', { tabindex: 0, role: 'group', 'aria-label': 'Output', data: { part: 'output' } }, code), all]
  }
}

/** Files of other systems end their lines with two characters. */
const linesOf = (text) => text.replace(/\r\n/g, '\n')

const UNSEEN = { added: 'added: ', removed: 'removed: ', same: '', gap: '' }
