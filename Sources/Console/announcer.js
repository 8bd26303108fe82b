// Says short sentences to screen readers, one at a time and not the same one twice in a row.

import { setText } from './dom.js'
import { element } from './page.js'

const queue = []
let timer = null

export function announce(sentence) {
  if (queue.at(-1) !== sentence) queue.push(sentence)
  timer ??= setTimeout(say, 100)
}

function say() {
  const sentence = queue.shift()
  setText(element('announcements'), sentence ?? '')
  timer = sentence === undefined ? null : setTimeout(say, 1_500)
}
