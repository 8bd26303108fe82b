// Keys for permission questions. F8 goes to the first one from anywhere, typing or not; letters count
// only while the focus is in a question, so they never collide with writing.

const LETTERS = { y: 'allow', a: 'always', n: 'deny' }

export function listenForShortcuts() {
  document.addEventListener('keydown', pressed)
  return () => document.removeEventListener('keydown', pressed)
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return
  if (event.key === 'F8') {
    const card = document.querySelector('.question')
    if (!card) return
    event.preventDefault()
    card.focus()
    return
  }
  const card = event.target.closest?.('.question')
  const action = LETTERS[event.key.toLowerCase()]
  if (!card || !action || event.repeat || event.target.matches('input, textarea, select')) return
  event.preventDefault()
  card.querySelector(`[data-action="${action}"]`)?.click()
}
