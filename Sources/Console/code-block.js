// A block of code: its language, a button to copy it, and the code.

import { button, h } from './dom.js'
import { highlight } from './highlight.js'

export function codeBlock(code, language) {
  const text = document.createTextNode(code)
  const body = h('code', {}, text)
  const copy = button('Copy', async () => {
    await navigator.clipboard.writeText(body.textContent)
    copy.textContent = 'Copied'
    setTimeout(() => { copy.textContent = 'Copy' }, 1500)
  }, { class: 'quiet small', 'aria-label': 'Copy code' })
  return h('div', { class: 'code-block', data: { language } },
    h('div', { class: 'code-head' }, h('span', {}, language || 'text'), copy),
    h('pre', { tabindex: 0, 'aria-label': `Code${language ? `, ${language}` : ''}`, role: 'group' }, body))
}

/** Adds to a block that is still being written; false where that is not all that has changed. */
export function growCodeBlock(block, code, language) {
  if (block?.className !== 'code-block' || block.dataset.language !== language) return false
  const text = block.querySelector('code').firstChild
  if (!text || !code.startsWith(text.data)) return false
  text.appendData(code.slice(text.data.length))
  return true
}

/** Colours what will not change any more. */
export function finishCode(node) {
  const blocks = node.matches?.('.code-block') ? [node] : node.querySelectorAll?.('.code-block') ?? []
  for (const block of blocks) highlight(block.querySelector('code'), block.dataset.language)
}
