import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

import { beginning, exactLine, exactText, proseText, questionText } from '../../Sources/Console/visible.js'

const RULES = { exactText, exactLine, proseText, questionText }

test('what hides or turns round is shown, in data and in prose', () => {
  const hidden = [
    ['\u202e', 'override'], ['\u202a', 'embedding'], ['\u2066', 'isolate'], ['\u200b', 'zero width'],
    ['\u2060', 'word joiner'], ['\ufeff', 'byte order mark'], ['\u00ad', 'soft hyphen'],
    ['\u3164', 'Hangul filler'], ['\u115f', 'Hangul filler'], ['\u034f', 'grapheme joiner'],
    ['\u{e0041}', 'tag'], ['\u0000', 'null'], ['\u001b', 'escape'], ['\u009b', 'C1'], ['\u2028', 'line'],
    ['\ud800', 'half a pair'], ['\ue000', 'private'], ['\uffff', 'no character'], ['\u200f', 'mark'],
    ['\u180e', 'vowel separator'], ['\ufe0e', 'selector'], ['\u{e0100}', 'selector'], ['\u061c', 'mark'],
  ]
  for (const [character, name] of hidden) {
    for (const [rule, seen] of Object.entries(RULES)) {
      const code = `\\u{${character.codePointAt(0).toString(16)}}`
      assert.equal(seen(`a${character}b`), `a${code}b`, `${name}, ${rule}`)
    }
  }
})

test('what scripts and emoji need stays in prose, and is shown in data', () => {
  const kept = [
    'می\u200cخواهم', 'क्\u200dष', 'שלום \u200fעולם 1\u200e2', 'สวัสดี\u200bครับ', '👨\u200d👩\u200d👧',
    '👩🏽\u200d💻', '❤\ufe0f\u200d🔥', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}', '葛\u{e0100}',
    'ᠠ\u180b',
  ]
  for (const text of kept) {
    assert.equal(proseText(text), text)
    assert.match(exactText(text), /\\u\{/)
  }
  for (const text of ['Łódź', 'e\u0301\u0323', 'مرحبا', 'שלום', '日本語', '✔\ufe0f 1', 'a\tb\nc', '👍🏽', '\\']) {
    for (const rule of [proseText, exactText, questionText]) assert.equal(rule(text), text)
  }
})

test('a line is one line', () => {
  assert.equal(exactLine('a\nb\tc\rd'), 'a\\nb\\tc\\rd')
  assert.equal(proseText('a\r\nb'), 'a\nb')
})

test('nothing in a question stands out of sight behind what looks empty', () => {
  assert.equal(questionText(`ls${' '.repeat(7000)}; rm -rf ~`), 'ls ⟨7000 blanks⟩ ; rm -rf ~')
  assert.equal(questionText(`ls${'\u3000\u2800\t\u00a0'.repeat(500)}rm`), 'ls ⟨2000 blanks⟩ rm')
  assert.equal(questionText(`ls${'\n \t'.repeat(99)}\nrm`), 'ls\n⟨99 empty lines⟩\nrm')
  assert.equal(questionText('a\n\nb    c'), 'a\n\nb    c')
  assert.equal(exactText(`ls${'\u200b'.repeat(3000)}rm`), 'ls\\u{200b}⟨×3000⟩rm')
  assert.ok([...proseText(`z${'\u0301'.repeat(500)}`)].length < 40, 'marks that cover other lines')
})

test('a text that is shown once more stays as it is', () => {
  const text = 'a\u202eb\u200c\r\n👨\u200d👩 می\u200cخ' + ' '.repeat(99)
  for (const rule of Object.values(RULES)) assert.equal(proseText(rule(text)), rule(text))
})

test('a beginning has no half of a character', () => {
  assert.equal(beginning('ab😀', 3), 'ab')
  assert.equal(beginning('ab😀', 4), 'ab😀')
  assert.equal(beginning('ab', 9), 'ab')
})

test('no file of the console puts text on the page past the one way', () => {
  const folder = new URL('../../Sources/Console/', import.meta.url)
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.js') && file !== 'dom.js')) {
    const code = readFileSync(new URL(name, folder), 'utf8')
    for (const way of [/\.(textContent|innerText|innerHTML|outerHTML|nodeValue|ariaLabel)\s*(\|\||\?\?|\+)?=(?!=)/,
      /createTextNode|insertAdjacent|setAttribute\('(title|aria-label)/, /\.append\((['"`]|[\w.]+\.(text|name|content)\b)/]) {
      assert.doesNotMatch(code, way, name)
    }
  }
})

test('no table of the console or the client is looked up by a foreign word', () => {
  for (const part of ['Console', 'BrowserClient']) {
    const folder = new URL(`../../Sources/${part}/`, import.meta.url)
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.js'))) {
      const code = readFileSync(new URL(name, folder), 'utf8').replace(/\/\/.*|\/\*[^]*?\*\//g, '')
      const found = [...code.matchAll(/[\w#.})\]]+\[([a-z#.]*?(?:type|name|reason|code|status|state|mode|kind|id|key|actor|part|what|tag|view)\w*)\]/gi)]
        .map(([whole]) => whole).filter((place) => !OWN.has(place))
      assert.deepEqual(found, [], name)
    }
  }
})

/** Tables that are looked up by words of this program alone. */
const OWN = new Set([
  'node[name]', 'given[name]', 'colours[name]', 'SAID[item.kind]', 'UNSEEN[kind]', 'DUTIES[code]', 'VIEWS[route.view]',
  'LEVELS[token.tag]', 'usage[key]', 'globalThis[name]',
])
