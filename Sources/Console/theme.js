// Puts the theme on the page: name and colours from theme.json, light or dark as the person likes it.

import { coloursOf, isBright, schemeOf } from './colours.js'
import { setText } from './dom.js'
import { element } from './page.js'
import * as rest from './rest.js'

const CHOICE = 'switchboard.scheme', KEPT = 'switchboard.theme'
const systemDark = matchMedia('(prefers-color-scheme: dark)')
systemDark.addEventListener('change', applyScheme)

/** The last one is kept, so that the next page begins with it. */
let theme = JSON.parse(localStorage.getItem(KEPT) ?? '{}')

export const schemeChoice = () => localStorage.getItem(CHOICE) ?? 'system'

export function chooseScheme(choice) {
  localStorage.setItem(CHOICE, choice)
  applyScheme()
}

/** Reads the theme again; without an answer the page keeps what it has. */
export async function loadTheme() {
  try {
    theme = await rest.theme()
  } catch {
    return   // the console's own colours do without one
  }
  localStorage.setItem(KEPT, JSON.stringify(theme))
  applyScheme()
}

export function applyScheme() {
  const root = document.documentElement
  const { colours, scheme, onAccent } = coloursOf(theme, schemeOf(schemeChoice(), systemDark.matches), {
    isColour: (text) => CSS.supports('color', text), isLight,
  })
  root.dataset.scheme = scheme
  root.style.colorScheme = scheme
  for (const name of ['accent', 'background', 'text']) set(root, name, colours[name])
  set(root, 'on-accent', onAccent)
  setText(element('name'), typeof theme?.name === 'string' && theme.name ? theme.name : 'Switchboard')
  document.dispatchEvent(new Event('themechange'))
}

function set(root, name, colour) {
  if (colour) root.style.setProperty(`--${name}`, colour)
  else root.style.removeProperty(`--${name}`)
}

/** The browser's own reading of a colour, whatever the form in which it is written. */
function isLight(colour) {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  canvas.fillStyle = colour
  canvas.fillRect(0, 0, 1, 1)
  return isBright(canvas.getImageData(0, 0, 1, 1).data)
}
