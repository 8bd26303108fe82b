// The conversation on the page: a window onto the transcript's items that grows at both ends. Only
// what has changed is drawn again, at most once a frame, and long work is cut into slices.

import { button, h } from './dom.js'
import { messageView } from './message-view.js'
import { noticeView } from './notice-view.js'
import { onceAFrame } from './store.js'
import { ToolView } from './tool-view.js'

const WINDOW = 40          // items drawn at first, and more at a time
const KEPT = 3 * WINDOW    // items that stay drawn while new ones come at the end
const SLICE = 12           // milliseconds of drawing at a time
const SHARE = 3            // drawing takes at most every so manieth moment
const NEAR = 80            // pixels from an edge that count as being there

export class ConversationView {
  element
  #feed
  #context
  #list
  #earlier
  #latest
  #empty = h('p', { class: 'empty', hidden: true }, 'Nothing has been said yet. Tell the agent what to do.')
  #scroller
  #views = new Map()       // item → its view
  #first = 0               // index of the first item drawn
  #due = new Set()         // items whose view is behind
  #isAtEnd = true
  #top = 0                 // where it was scrolled to
  #hasGrown = false        // at its end, by the latest events
  #isStale = false         // something has changed since the last drawing
  #resting = null          // until the next one
  #draw
  #resizing

  /** `context`: what the parts of a conversation need of the desk, and `retry(text)`. */
  constructor(feed, context) {
    this.#feed = feed
    this.#context = context
    this.#list = h('ol', { class: 'conversation', aria: { label: 'Conversation' } })
    this.#earlier = button('Earlier messages', () => this.#showEarlier(), { class: 'quiet earlier', hidden: true })
    this.#latest = button('Jump to latest', () => this.#toEnd(), { class: 'latest', hidden: true })
    this.#scroller = h('div', { class: 'scroller', tabindex: 0, role: 'group', aria: { label: 'Messages' } },
      this.#earlier, this.#empty, this.#list)
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true })
    this.element = h('div', { class: 'conversation-frame' }, this.#scroller, this.#latest)
    this.#draw = onceAFrame(() => this.#drawDue())
    this.#resizing = new ResizeObserver(() => this.keepAtEnd())
    for (const part of [this.#scroller, this.#list]) this.#resizing.observe(part)
  }

  end() {
    clearTimeout(this.#resting)
    this.#resizing.disconnect()
    for (const view of this.#views.values()) view.end?.()
  }

  /** What the transcript says has changed. */
  apply({ isReset, prepended, appended, updated, removed }) {
    const { items } = this.#feed.transcript
    if (isReset) this.#reset(items)
    this.#first += prepended
    for (const item of removed) this.#remove(item)
    if (!isReset) for (const item of appended) if (!removed.includes(item)) this.#add(item, null)
    for (const item of updated) if (this.#views.has(item)) this.#due.add(item)
    this.#showEdges()
    this.#empty.hidden = items.length > 0 || this.#feed.state !== 'ready'
    this.#hasGrown = appended.length > 0 || (this.#hasGrown && updated.size > 0)
    this.#request()
  }

  /** What items of a kind look like has changed: a library or names of people have come. */
  redraw(kind) {
    for (const item of this.#views.keys()) if (item.kind === kind) this.#due.add(item)
    this.#request()
  }

  /** Waits below the text: the queue and what else stands at the end moved it. */
  keepAtEnd() { if (this.#isAtEnd) this.#toEnd() }

  #reset(items) {
    for (const view of this.#views.values()) view.end?.()
    this.#views.clear()
    this.#due.clear()
    this.#list.replaceChildren()
    this.#first = Math.max(0, items.length - WINDOW)
    for (const item of items.slice(this.#first)) this.#add(item, null)
    this.#toEnd()
  }

  #add(item, before) {
    const view = this.#viewOf(item)
    this.#views.set(item, view)
    this.#list.insertBefore(view.element, before)
    // Markdown takes its time, and waits for its slice; the rest is there at once.
    if (item.kind === 'assistant') this.#due.add(item)
    else view.update(item)
  }

  #viewOf(item) {
    if (item.kind === 'tool') return new ToolView(item, this.#context)
    return item.kind === 'notice' ? noticeView(item, this.#context) : messageView(item, this.#context)
  }

  #remove(item) {
    const view = this.#views.get(item)
    view?.end?.()
    view?.element.remove()
    this.#views.delete(item)
    this.#due.delete(item)
  }

  #request() {
    this.#isStale = true
    if (!this.#resting) this.#draw()
  }

  /** The latest first, since that is what is looked at; the rest in the next frames. */
  #drawDue() {
    const begun = performance.now()
    this.#isStale = false
    const until = document.hidden ? Infinity : begun + SLICE
    const due = [...this.#due].reverse()
    for (const item of due) {
      this.#views.get(item)?.update(item)
      this.#due.delete(item)
      if (performance.now() > until) break
    }
    if (this.#isAtEnd) {
      this.#forgetOldest()
      this.#toEnd()
    }
    this.#rest((performance.now() - begun) * (SHARE - 1))
  }

  /** On a slow or busy machine text comes in larger pieces, and everything else has its turn. */
  #rest(milliseconds) {
    clearTimeout(this.#resting)
    this.#resting = setTimeout(() => {
      this.#resting = null
      if (this.#isStale || this.#due.size || this.#isCrowded) this.#draw()
    }, milliseconds)
  }

  get #isCrowded() { return this.#hasGrown && this.#isAtEnd && this.#views.size > KEPT }

  /** What is far above the end while that grows is drawn again when somebody scrolls there. */
  #forgetOldest() {
    if (!this.#isCrowded) return
    const count = Math.min(WINDOW, this.#views.size - KEPT)
    for (const item of this.#feed.transcript.items.slice(this.#first, this.#first + count)) this.#remove(item)
    this.#first += count
    this.#showEdges()
  }

  async #showEarlier() {
    const { transcript } = this.#feed
    if (this.#first === 0 && transcript.hasOlder) {
      this.#earlier.disabled = true
      try {
        await this.#feed.loadOlder()
      } catch (error) {
        return this.#context.desk.fail('Earlier messages could not be read', error)
      } finally {
        this.#earlier.disabled = false
      }
    }
    const from = Math.max(0, this.#first - WINDOW)
    const before = this.#list.firstElementChild
    const height = this.#scroller.scrollHeight
    for (const item of transcript.items.slice(from, this.#first)) this.#add(item, before)
    this.#first = from
    this.#showEdges()
    // What was in sight stays there, also where the browser does not anchor it itself.
    this.#scroller.scrollTop += this.#scroller.scrollHeight - height
    this.#request()
  }

  #showEdges() {
    this.#earlier.hidden = this.#first === 0 && !this.#feed.transcript.hasOlder
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller
    // Only going up leaves the end: what grows below somebody who is there takes them along.
    const isUp = scrollTop < this.#top
    this.#top = scrollTop
    this.#isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR || (this.#isAtEnd && !isUp)
    this.#latest.hidden = this.#isAtEnd
    if (scrollTop < NEAR && !this.#isAtEnd && !this.#earlier.hidden && !this.#earlier.disabled) {
      this.#showEarlier()
    }
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight
    this.#top = this.#scroller.scrollTop
    this.#isAtEnd = true
    this.#latest.hidden = true
  }
}
