// Which colours are in effect: the theme's, as far as they are colours, on the person's own scheme.

const NAMES = ['accent', 'background', 'text']

/**
 * What of `theme.json` the page takes: `colors` for both schemes, `light` and `dark` for one each.
 * `isColour` tells whether a text is one, `isLight` whether one is nearer to white than to black.
 */
export function coloursOf(theme, scheme, { isColour, isLight }) {
  const given = { ...theme?.colors, ...theme?.[scheme] }
  const colours = {}
  for (const name of NAMES) {
    const colour = given[name]
    if (typeof colour === 'string' && isColour(colour)) colours[name] = colour
  }
  // A background of the other kind brings the scheme that is made for it: text must stay legible.
  const effective = colours.background ? (isLight(colours.background) ? 'light' : 'dark') : scheme
  return { colours, scheme: effective, onAccent: colours.accent && (isLight(colours.accent) ? '#111' : '#fff') }
}

/** By how bright people see red, green and blue (0–255 each). */
export const isBright = ([red, green, blue]) => red * 0.299 + green * 0.587 + blue * 0.114 > 140

/** The person's choice wins over the system's. */
export const schemeOf = (choice, isSystemDark) =>
  choice === 'light' || choice === 'dark' ? choice : isSystemDark ? 'dark' : 'light'
