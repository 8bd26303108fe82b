// Text from elsewhere as text that can be seen. A model, a tool, a person or a producer can write
// characters that hide text, turn its order round, or push it out of sight; here they become visible,
// in the form in which the command line shows them (Sources/Daemon/Logging/LogText.swift).
//
// Two strictnesses, by what somebody does with the text:
//   exact    what is decided upon or is data: questions, tools with what they are given and what comes
//            out, keys, rules, events. Every character that is not seen is escaped as `\u{…}`.
//   prose    what is read: answers, messages, names of sessions, and every other text on the page
//            (dom.js sees to it). The same, except that what a script or an emoji needs stays.
// Escapes are text: a `\u{202e}` that somebody typed looks alike, and says no less than it is.

/** Cc, Cf, Zl, Zp, private, lone surrogates, unassigned, and letters and marks that are never drawn. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}\p{Default_Ignorable_Code_Point}]|(?<=\p{M}{8})\p{M}/gu

/** Scripts whose letters join or break by characters that are not seen themselves. */
const JOINING = '\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Nko}\\p{Script=Mongolian}\\p{Script=Devanagari}'
  + '\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}'
  + '\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Thai}'
  + '\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Tibetan}'
const RIGHT_TO_LEFT = /(?=\p{L})[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u
const AFTER_JOINING = new RegExp(`(?=\\p{L})[${JOINING}]\\p{M}*$`, 'u')
const BEFORE_JOINING = new RegExp(`^(?=\\p{L})[${JOINING}]`, 'u')
const AFTER_PICTURE = /\p{Extended_Pictographic}[\u{1F3FB}-\u{1F3FF}]?\uFE0F?$/u
const BEFORE_PICTURE = /^\p{Extended_Pictographic}/u
const AFTER_DRAWN_AS_PICTURE = /[\p{Extended_Pictographic}0-9#*]$/u
/** The flags of England, Scotland and Wales. */
const FLAG = /\u{1F3F4}[\u{E0061}-\u{E007A}]{3,6}\u{E007F}/gu
/** Format characters that are drawn: signs around Arabic, Syriac and Kaithi numbers. */
const DRAWN = /[\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}]/u

/** What a run of the same escape becomes, so that it pushes nothing out of sight either. */
const REPEATED = /(\\u\{[0-9a-f]+\}|\\r)\1{3,}/g

const NAMES = new Map([['\n', '\\n'], ['\r', '\\r'], ['\t', '\\t']])

const escaped = (character) => NAMES.get(character) ?? `\\u{${character.codePointAt(0).toString(16)}}`

const shorter = (text) =>
  text.replace(REPEATED, (run, one) => `${one}⟨×${run.length / one.length}⟩`)

/** With lines and tabs as they are: for what stands in a box of its own. */
export function exactText(text) {
  const whole = String(text ?? '')
  return shorter(whole.replace(UNSEEN, (character, place) =>
    character === '\n' || character === '\t' || isDrawnAsPicture(character, whole, place)
      ? character : escaped(character)))
}

/** On one line: a name, a file, the subject of a call. */
export const exactLine = (text) => exactText(text).replace(/[\n\t]/g, escaped)

/**
 * What somebody is asked to allow: exact, and what looks empty says how long it is, so that nothing
 * stands out of sight behind it.
 */
export const questionText = (text) => exactText(text)
  .replace(/\n(?:[\p{Zs}\t\u2800]*\n){3,}/gu, (run) => `\n⟨${run.split('\n').length - 2} empty lines⟩\n`)
  .replace(/[\p{Zs}\t\u2800]{17,}/gu, (run) => ` ⟨${[...run].length} blanks⟩ `)

/** The first so many units of a text, and no half of a character. */
export const beginning = (text, length) =>
  text.slice(0, /[\uD800-\uDBFF]/.test(text[length - 1] ?? '') ? length - 1 : length)

/** What is read. */
export function proseText(text) {
  const whole = String(text ?? '').replace(/\r\n/g, '\n')
  if (whole.search(UNSEEN) < 0) return whole
  const flags = new Set([...whole.matchAll(FLAG)].flatMap(({ 0: flag, index }) =>
    [...Array(flag.length).keys()].map((place) => index + place)))
  return shorter(whole.replace(UNSEEN, (character, place) =>
    flags.has(place) || mayStay(character, whole, place) ? character : escaped(character)))
}

/** Whether prose needs a character that is not seen, where it stands. */
function mayStay(character, whole, place) {
  if (character === '\n' || character === '\t' || DRAWN.test(character)) return true
  const before = whole.slice(Math.max(0, place - 12), place), after = whole.slice(place + character.length, place + 14)
  switch (character) {
    case '\u200D':
      if (AFTER_PICTURE.test(before) && BEFORE_PICTURE.test(after)) return true
      // falls through: in letters it joins
    case '\u200B':
    case '\u200C':
      return AFTER_JOINING.test(before) || BEFORE_JOINING.test(after)
    case '\u200E':
    case '\u200F':
    case '\u061C':
      return RIGHT_TO_LEFT.test(lineAround(whole, place))
    case '\u034F':
      return /\p{M}$/u.test(before)
  }
  if (/[\u180B-\u180F]/.test(character)) return /(?=\p{L})\p{Script=Mongolian}$/u.test(before)
  if (/[\uFE00-\uFE0D\u{E0100}-\u{E01EF}]/u.test(character)) return /\p{Script=Han}$/u.test(before)
  // Newer than this browser's Unicode: then it is drawn as a box.
  return isDrawnAsPicture(character, whole, place)
    || /^\p{Cn}$/u.test(character) && !/^[\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]$/u.test(character)
}

/** The sign that has a character drawn as a picture, or as text, behind one that has both. */
const isDrawnAsPicture = (character, whole, place) =>
  (character === '\uFE0F' || character === '\uFE0E')
  && AFTER_DRAWN_AS_PICTURE.test(whole.slice(Math.max(0, place - 2), place))

function lineAround(whole, place) {
  const end = whole.indexOf('\n', place)
  return whole.slice(whole.lastIndexOf('\n', place) + 1, end < 0 ? whole.length : end)
}
