// The theme that an admin set: a name and up to three colours, each only if it is a colour.

import * as rest from './rest.js'
import { element } from './views.js'

export async function applyTheme() {
  const theme = await rest.theme()
  const name = typeof theme?.name === 'string' && theme.name ? theme.name : 'Switchboard'
  element('name').textContent = document.title = name
  for (const key of ['accent', 'background', 'text']) {
    const colour = theme?.colors?.[key]
    const style = document.documentElement.style
    if (typeof colour === 'string' && CSS.supports('color', colour)) {
      style.setProperty(`--${key}`, colour)
    } else {
      style.removeProperty(`--${key}`)
    }
  }
  document.documentElement.style.setProperty('--on-accent', textOn('var(--accent)'))
}

/** Black or white, whichever is easier to read on a colour. */
function textOn(colour) {
  const probe = document.head.appendChild(document.createElement('meta'))
  probe.style.color = colour
  const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number)
  probe.remove()
  return red * 0.299 + green * 0.587 + blue * 0.114 > 150 ? '#111' : '#fff'
}
