// Code in colours: a worker finds them, so that no code, however long or odd, ever holds up the page.

import { append, fill, h } from './dom.js'
import { scriptURL } from './trusted-urls.js'

const MAXIMUM_CHARACTERS = 60_000
const PATIENCE = 3_000

let worker = null
let lastJob = 0
const jobs = new Map()

/** Colours the text of an element, soon; leaves it as it is where that is not possible. */
export function highlight(element, language) {
  const code = element.textContent
  if (!language || !code.trim() || code.length > MAXIMUM_CHARACTERS || worker === false) return
  if (!worker) start()
  if (!worker) return
  const job = ++lastJob
  const timer = setTimeout(restart, PATIENCE)
  jobs.set(job, { element, code, timer })
  worker.postMessage({ job, code, language })
}

function start() {
  try {
    worker = new Worker(scriptURL('highlight-worker.js'))
  } catch {
    worker = false   // a browser without workers shows plain code
    return
  }
  worker.onmessage = ({ data: { job, markup } }) => {
    const { element, code, timer } = jobs.get(job) ?? {}
    clearTimeout(timer)
    jobs.delete(job)
    if (markup && element?.textContent === code) fill(element, elements(markup))
  }
  worker.onerror = () => { worker = false }
}

/** What takes too long is given up, with all that waited behind it. */
function restart() {
  for (const { timer } of jobs.values()) clearTimeout(timer)
  jobs.clear()
  worker.terminate()
  worker = null
}

const ENTITIES = new Map([
  ['&amp;', '&'], ['&lt;', '<'], ['&gt;', '>'], ['&quot;', '"'], ['&#x27;', "'"], ['&#39;', "'"],
])

/** highlight.js writes spans with classes and five entities, nothing else: so that is what is read. */
export function elements(markup) {
  const root = h('span')
  const open = [root]
  for (const part of markup.split(/(<span class="[\w\s-]*">|<\/span>|&(?:amp|lt|gt|quot|#x27|#39);)/)) {
    const name = /^<span class="([\w\s-]*)">$/.exec(part)?.[1]
    if (name !== undefined) {
      const span = h('span', { class: name })
      open.at(-1).append(span)
      open.push(span)
    } else if (part === '</span>') {
      if (open.length > 1) open.pop()
    } else if (part) {
      append(open.at(-1), ENTITIES.get(part) ?? part)
    }
  }
  return [...root.childNodes]
}
