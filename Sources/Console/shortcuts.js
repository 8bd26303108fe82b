// Keys for permission questions. F8 goes to the next one from anywhere, typing or not; letters count
// only while the focus is in a question, so they never collide with writing.

const LETTERS = { y: 'allow', a: 'always', n: 'deny' }

export function listenForShortcuts() {
  document.addEventListener('keydown', pressed)
  return () => document.removeEventListener('keydown', pressed)
}

/** Those of the open session come first; pressed again, the one after. */
function nextQuestion() {
  const cards = [...document.querySelectorAll('main .question'), ...document.querySelectorAll('#question-bar .question')]
  const here = cards.findIndex((card) => card.contains(document.activeElement))
  return cards[(here + 1) % cards.length]
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return
  if (event.key === 'F8') {
    const next = nextQuestion()
    if (!next) return
    event.preventDefault()
    next.focus()
    return
  }
  const card = event.target.closest?.('.question')
  const action = LETTERS[event.key.toLowerCase()]
  if (!card || !action || event.repeat || event.target.matches('input, textarea, select')) return
  event.preventDefault()
  card.querySelector(`[data-action="${action}"]`)?.click()
}
