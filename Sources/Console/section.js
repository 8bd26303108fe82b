// A part of a view under a heading of its own.

import { h } from './dom.js'

export const section = (title, ...content) =>
  h('section', { class: 'card', aria: { label: title } }, h('h2', {}, title), content)
