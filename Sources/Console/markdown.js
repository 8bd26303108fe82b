// Markdown as elements. Debian's markdown-it reads it, and its tokens become elements one by one:
// there is no markup as text on the way, so nothing has to be cleaned.

import { codeBlock } from './code-block.js'
import { append, h } from './dom.js'
import { markdownIt } from './vendor.js'

const TAGS = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'blockquote', 'hr',
  'table', 'thead', 'tbody', 'tr', 'th', 'td', 'strong', 'em', 's', 'br'])
/** An answer is below the heading of its message. */
const LEVELS = { h1: 'h3', h2: 'h4', h3: 'h5', h4: 'h6', h5: 'h6', h6: 'h6' }

let parser = null

/** Resolves once Markdown can be read; false where the library is missing. */
export async function loadMarkdown() {
  const library = await markdownIt()
  parser ??= library && library({ html: false, linkify: true, maxNesting: 40 })
  parser?.linkify.set({ fuzzyLink: false, fuzzyEmail: false })
  return parser !== null
}

/**
 * The top-level blocks of a text: `{line, tokens}` each; null while Markdown cannot be read.
 * `environment` carries link definitions from one part of a text to the next.
 */
export function blocksOf(text, environment) {
  if (!parser) return null
  const blocks = []
  for (const token of parser.parse(text, environment)) {
    if (token.level === 0 && token.nesting >= 0) blocks.push({ line: token.map[0], tokens: [] })
    blocks.at(-1).tokens.push(token)
  }
  return blocks
}

/** The element of one block. */
export function elementOf(block) {
  const root = h('div')
  build(root, block.tokens)
  return root.firstElementChild ?? root
}

function build(root, tokens) {
  const open = [root]
  for (const token of tokens) {
    if (token.hidden) continue
    if (token.type === 'inline') {
      build(open.at(-1), token.children)
    } else if (token.nesting < 0) {
      if (open.length > 1) open.pop()
    } else {
      const node = leaf(token)
      append(open.at(-1), node)
      if (token.nesting > 0) open.push(node.lastElementChild?.matches('table') ? node.lastElementChild : node)
    }
  }
}

function leaf(token) {
  switch (token.type) {
    case 'text': return token.content
    case 'softbreak': return '\n'
    case 'code_inline': return h('code', {}, token.content)
    case 'fence': return codeBlock(token.content, token.info.trim().split(/\s+/)[0])
    case 'code_block': return codeBlock(token.content, '')
    case 'link_open': return link(token.attrGet('href'), token.attrGet('title'))
    case 'image': return picture(token)
    case 'table_open': return h('div', { class: 'table', tabindex: 0, role: 'group', 'aria-label': 'Table' }, h('table'))
    default: return element(token)
  }
}

function element(token) {
  if (!TAGS.has(token.tag)) return token.nesting > 0 ? h('span') : token.content
  const tag = LEVELS[token.tag] ?? token.tag
  const align = /text-align:(\w+)/.exec(token.attrGet('style') ?? '')?.[1]
  return h(tag, { start: token.attrGet('start'), 'data-align': align })
}

/** Only to where a click is meant to lead; anything else stays text. */
function link(href, title) {
  if (!/^(https?:|mailto:)/i.test(href ?? '')) return h('span', { title: href })
  return h('a', { href, title, target: '_blank', rel: 'noopener noreferrer' })
}

/** The page loads no pictures from elsewhere: what it would be, and a link to it. */
function picture(token) {
  const node = link(token.attrGet('src'), token.attrGet('title'))
  append(node, `[Picture: ${token.content || 'without a name'}]`)
  return node
}
