// What a session shows: REST's messages and a snapshot, then publications, folded into one model.
// No DOM, clock or network here. After each call `takeChanges()` says what a view has to draw again.

import { ItemList } from './item-list.js'
import { withRecent } from './recent-events.js'
import { TextFlows } from './text-flows.js'
import { itemOfMessage, itemOfTool, newTool, noticeOf } from './transcript-items.js'

/** Bytes up to which a snapshot's text is all of it: of a longer one the server keeps the end. */
const WHOLE = (64 << 10) - 4

/** What a session is once its run has ended so. */
const ENDS = new Map([['complete', 'idle'], ['interrupted', 'interrupted'], ['error', 'failed']])

export class Transcript {
  /** Messages that wait for their turn: {messageId, text, createdAt}. */
  queue = []
  /** Of the session: status, mode, modeVersion, modeChangedBy, usage. */
  head = { status: 'idle', mode: 'ask', modeVersion: 0, modeChangedBy: null, usage: null }
  /** Whether older messages are to be had from REST. */
  hasOlder = false

  #list = new ItemList()
  #flows = new TextFlows()
  #serial = 0

  /** In the order in which they are shown: see transcript-items.js. */
  get items() { return this.#list.all }

  item(key) { return this.#list.get(key) }

  takeChanges() { return this.#list.takeChanges() }

  /**
   * Begins anew: `messages` oldest first, from a read that is no older than the snapshot; `recent` are
   * the latest events up to it.
   */
  reset({ session, messages, snapshot, recent = [], hasOlder }) {
    this.queue = []
    this.#list.clear()
    this.#flows.clear()
    this.hasOlder = hasOlder
    this.head = {
      status: snapshot?.status ?? session.status, mode: snapshot?.mode ?? session.mode,
      modeVersion: snapshot?.modeVersion ?? session.modeVersion, modeChangedBy: null,
      usage: session.usage,
    }
    const running = new Set((snapshot?.runningTools ?? []).map((tool) => tool.toolUseId))
    const items = []
    for (const message of messages) {
      if (message.status === 'queued') this.#enqueue(message.id, message.text, message.createdAt)
      else items.push(itemOfMessage(message, running))
    }
    for (const item of withRecent(items, recent)) this.#list.append(item)
    if (snapshot) this.#takeSnapshot(snapshot)
    this.#list.redraw()
  }

  /** Puts older messages, oldest first, in front. */
  prepend(messages, hasOlder) {
    const items = messages.filter(({ id, toolUseId, status }) =>
      status !== 'queued' && !this.#list.has(`m:${id}`) && !this.#list.has(`u:${toolUseId}`))
      .map((message) => itemOfMessage(message, new Set()))
    this.#list.prepend(items)
    this.hasOlder = hasOlder
  }

  /** The next publication of the session's channel. */
  apply(event) {
    this.#handlers.get(event.type)?.(event)
  }

  #handlers = new Map(Object.entries({
    user_message: (event) => this.#userMessage(event),
    text_delta: (event) => this.#delta(event),
    text_complete: (event) => this.#complete(event),
    tool_start: (event) => this.#toolStart(event),
    tool_result: (event) => this.#toolResult(event),
    permission_request: ({ request }) => {
      this.#waits(request)
      this.#status('waiting')
    },
    permission_resolved: (event) => this.#answered(event),
    permission_timeout: (event) => this.#answered(event),
    mode_changed: (event) => this.#modeChanged(event),
    usage: (event) => this.#usage(event),
    interrupted: (event) => this.#interrupted(event),
    error: (event) => {
      this.#notice(event)
      this.#endFlows('failed')
      this.#status('failed')
    },
    complete: (event) => {
      if (event.usage) this.#usage(event.usage)
      this.#endFlows(event.reason === 'complete' ? 'unknown' : 'interrupted')
      this.#status(ENDS.get(event.reason))
    },
  }))

  /** What REST or the team's channel says of the session; its mode only where it is newer. */
  sessionChanged(session) {
    if (session.modeVersion > this.head.modeVersion) {
      Object.assign(this.head, { mode: session.mode, modeVersion: session.modeVersion })
      this.#list.headChanged()
    }
    this.#status(session.status)
  }

  /** What waits, from a fresh snapshot: messages that were taken back are in it no longer. */
  setQueue(queued) {
    this.queue = queued.map(({ messageId, text, createdAt }) => ({ messageId, text, createdAt }))
    this.#list.headChanged()
  }

  /** REST took a message; the channel may have told more of it already. */
  sent(message) {
    const isKnown = this.#list.has(`m:${message.messageId}`)
      || this.queue.some(({ messageId }) => messageId === message.messageId)
    if (!isKnown) this.#userMessage(message)
  }

  takenBack(messageId) {
    this.queue = this.queue.filter((message) => message.messageId !== messageId)
    this.#list.remove(this.#list.get(`m:${messageId}`))
    this.#list.headChanged()
  }

  #takeSnapshot(snapshot) {
    for (const tool of snapshot.runningTools ?? []) {
      if (!this.#list.has(`u:${tool.toolUseId}`)) this.#list.append(itemOfTool(tool, null))
    }
    for (const request of snapshot.pendingPermissions ?? []) this.#waits(request)
    this.setQueue(snapshot.omitted?.queuedMessages ? this.queue : snapshot.queuedMessages ?? this.queue)
    for (const text of snapshot.nestedTexts ?? []) this.#begin(text, text.text)
    const text = snapshot.textInFlight
    if (text) this.#begin({}, text).isTail = new TextEncoder().encode(text).length > WHOLE
  }

  #userMessage({ messageId, text, status, timestamp }) {
    const item = this.#list.get(`m:${messageId}`)
    if (status === 'queued') {
      this.#list.remove(item)
      this.#enqueue(messageId, text, timestamp)
    } else if (item) {
      item.status = status
      this.#list.changed(item)
    } else {
      this.queue = this.queue.filter((message) => message.messageId !== messageId)
      this.#list.append({ key: `m:${messageId}`, kind: 'user', messageId, text, status, at: timestamp })
    }
    if (status === 'processing') this.#status('running')
    this.#list.headChanged()
  }

  #enqueue(messageId, text, createdAt) {
    if (this.queue.some((message) => message.messageId === messageId)) return
    this.queue.push({ messageId, text, createdAt })
    this.#list.headChanged()
  }

  #delta(event) {
    this.#status('running')
    const item = this.#flows.of(event)
    if (!item) return this.#begin(event, event.delta, event.timestamp)
    item.text += event.delta
    item.isCovered = this.#isCovered(item)
    this.#list.changed(item)
  }

  #begin(flow, text, at = null) {
    const item = {
      key: `t:${++this.#serial}`, kind: 'assistant', text, isStreaming: true, at,
      parent: flow.parentToolUseId,
    }
    item.isCovered = this.#isCovered(item)
    this.#flows.begin(flow, item)
    this.#list.append(item)
    return item
  }

  /** REST was read after the snapshot, so the final text may be there before the channel says so. */
  #isCovered(item) {
    const last = this.items.findLast((other) => other !== item && other.kind !== 'notice')
    return last?.kind === 'assistant' && !last.isStreaming && last.isFromRest === true
      && last.text.startsWith(item.text)
  }

  /** The final text takes the place of its preview, which keeps its place in the conversation. */
  #complete(event) {
    if (event.isIntermediate) this.#status('running')
    const previews = this.#flows.take(event)
    const known = this.#list.get(`m:${event.messageId}`)
    const [kept, ...others] = known ? [known, ...previews] : previews
    for (const item of others) if (item !== kept) this.#list.remove(item)
    if (!kept) {
      return this.#list.append({
        key: `m:${event.messageId}`, kind: 'assistant', messageId: event.messageId,
        text: event.text, at: event.timestamp, parent: event.parentToolUseId,
      })
    }
    Object.assign(kept, {
      text: event.text, isStreaming: false, isCovered: false, isTail: false, messageId: event.messageId,
      at: event.timestamp,
    })
    this.#list.alias(`m:${event.messageId}`, kept)
    this.#list.changed(kept)
  }

  #toolStart(event) {
    this.#status('running')
    const known = this.#list.get(`u:${event.toolUseId}`)
    if (!known) return this.#list.append(itemOfTool(event, event.timestamp))
    if (known.state !== 'running' && known.state !== 'unknown') return
    Object.assign(known, itemOfTool(event, event.timestamp))
    this.#list.changed(known)
  }

  #toolResult(event) {
    let item = this.#list.get(`u:${event.toolUseId}`)
    if (!item) {
      item = newTool(event.toolUseId, event.toolName)
      this.#list.append(item)
    }
    Object.assign(item, {
      result: event.result, state: event.isError ? 'failed' : 'done', endedAt: event.timestamp,
    })
    this.#list.changed(item)
  }

  #waits({ requestId, toolUseId }) {
    const tool = this.#list.get(`u:${toolUseId}`)
    if (!tool) return
    tool.waitsFor = requestId
    this.#list.changed(tool)
  }

  #answered(event) {
    for (const item of this.items) {
      if (item.waitsFor !== event.requestId) continue
      item.waitsFor = null
      this.#list.changed(item)
    }
    this.#notice(event)
  }

  #modeChanged(event) {
    Object.assign(this.head, {
      mode: event.mode, modeVersion: event.modeVersion, modeChangedBy: event.changedBy,
    })
    this.#list.headChanged()
    this.#notice(event)
  }

  #usage(report) {
    const usage = { ...this.head.usage }
    for (const [key, value] of Object.entries(report)) if (/Tokens|Window/.test(key)) usage[key] = value
    this.head.usage = usage
    this.#list.headChanged()
  }

  #interrupted(event) {
    this.#notice(event)
    this.#endFlows('interrupted')
    if (event.queuedMessages) this.setQueue(event.queuedMessages)
    this.#status('interrupted')
  }

  /** The run is over: text without an end stays as far as it came, tools have no known outcome. */
  #endFlows(outcome) {
    for (const item of this.#flows.all) {
      if (!item.text.trim() || item.isCovered) this.#list.remove(item)
      else Object.assign(item, { isStreaming: false, isCut: true })
      this.#list.changed(item)
    }
    this.#flows.clear()
    for (const item of this.items) {
      if (item.kind !== 'tool' || item.state !== 'running') continue
      item.state = outcome === 'interrupted' ? 'interrupted' : 'unknown'
      this.#list.changed(item)
    }
  }

  #notice(event) {
    const item = noticeOf(event)
    if (!this.#list.has(item.key)) this.#list.append(item)
  }

  #status(status) {
    if (!status || status === this.head.status) return
    this.head.status = status
    this.#list.headChanged()
  }
}
