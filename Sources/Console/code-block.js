// A block of code: its language, a button to copy it, and the code.

import { button, h, setText } from './dom.js'
import { highlight } from './highlight.js'
import { proseText } from './visible.js'

export function codeBlock(code, language) {
  const body = h('code', {}, code)
  const copy = button('Copy', async () => {
    await navigator.clipboard.writeText(body.textContent)
    setText(copy, 'Copied')
    setTimeout(() => { setText(copy, 'Copy') }, 1500)
  }, { class: 'quiet small', 'aria-label': 'Copy code' })
  return h('div', { class: 'code-block', data: { language } },
    h('div', { class: 'code-head' }, h('span', {}, language || 'text'), copy),
    h('pre', { tabindex: 0, 'aria-label': `Code${language ? `, ${language}` : ''}`, role: 'group' }, body))
}

/** Adds to a block that is still being written; false where that is not all that has changed. */
export function growCodeBlock(block, code, language) {
  if (block?.className !== 'code-block' || block.dataset.language !== language) return false
  const text = block.querySelector('code').firstChild
  const seen = proseText(code)
  if (!text || !seen.startsWith(text.data)) return false
  text.appendData(seen.slice(text.data.length))
  return true
}

/** Colours what will not change any more. */
export function finishCode(node) {
  const blocks = node.matches?.('.code-block') ? [node] : node.querySelectorAll?.('.code-block') ?? []
  for (const block of blocks) highlight(block.querySelector('code'), block.dataset.language)
}
