// The one way in which elements are made: text goes in as text, never as markup, and as text that can
// be seen (visible.js). What is to be exact comes here exact already.

import { proseText } from './visible.js'

/** Set as properties; everything else is an attribute. */
const PROPERTIES = new Set(['value', 'checked', 'disabled', 'hidden', 'open', 'readOnly', 'required',
  'selected', 'tabIndex', 'indeterminate'])
/** What people read or hear of an attribute. */
const SPOKEN = new Set(['title', 'placeholder', 'alt'])

/**
 * An element. `properties` holds attributes, properties, `on…` listeners, `class`, `data` (dataset)
 * and `aria` (aria-…); undefined, null and false leave an attribute out. Children are nodes or text;
 * null and false are left out.
 */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) set(node, name, value)
  append(node, children)
  return node
}

function set(node, name, value) {
  if (value === undefined || value === null) return
  if (name.startsWith('on')) return node.addEventListener(name.slice(2), value)
  if (name === 'data') return Object.assign(node.dataset, value)
  if (name === 'aria') {
    for (const [key, state] of Object.entries(value)) {
      if (state !== undefined && state !== null) node.setAttribute(`aria-${key}`, proseText(state))
    }
    return
  }
  if (PROPERTIES.has(name)) node[name] = value
  else if (value === true) node.setAttribute(name, '')
  else if (value !== false) node.setAttribute(name, isSpoken(name) ? proseText(value) : value)
}

const isSpoken = (name) => SPOKEN.has(name) || name.startsWith('aria-')

/** Adds nodes and texts at the end. */
export function append(node, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child instanceof Node) node.append(child)
    else if (child !== null && child !== undefined && child !== false) node.append(proseText(child))
  }
}

/** Puts a text in place of what was there, unless it is there already. */
export function setText(node, text) {
  const shown = proseText(text)
  if (node.textContent !== shown) node.textContent = shown
}

/** Puts children in place of what was there. */
export function fill(node, ...children) {
  node.replaceChildren()
  append(node, children)
  return node
}

/** An SVG picture of the sprite in icons.svg; decoration unless `label` says what it means. */
export function icon(name, label) {
  const space = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(space, 'svg')
  svg.setAttribute('class', `icon icon-${name}`)
  svg.setAttribute('viewBox', '0 0 16 16')
  if (label) {
    svg.setAttribute('role', 'img')
    svg.setAttribute('aria-label', label)
  } else {
    svg.setAttribute('aria-hidden', 'true')
  }
  const use = document.createElementNS(space, 'use')
  use.setAttribute('href', `icons.svg#${name}`)
  svg.append(use)
  return svg
}

export const button = (text, onclick, properties = {}) =>
  h('button', { type: 'button', onclick, ...properties }, text)

/** A label with its control inside. */
export const field = (label, control, hint) =>
  h('label', { class: 'field' }, h('span', { class: 'label' }, label), control,
    hint && h('span', { class: 'hint' }, hint))

let lastID = 0

/** A fresh id, to tie a label to what it names. */
export const freshID = (prefix) => `${prefix}-${++lastID}`
