// One line on what a tool call is about, from its input.

import { beginning, exactLine } from './visible.js'

const text = (value) => typeof value === 'string' ? value : ''

export function summaryOf({ name, input, intent }) {
  const line = SUMMARIES.get(name)?.(input) || text(intent) || firstText(input)
  return exactLine(beginning(line.replace(/\s+/g, ' ').trim(), 200))
}

const SUMMARIES = new Map(Object.entries({
  Bash: (input) => text(input.command),
  Read: (input) => text(input.file_path),
  Write: (input) => text(input.file_path),
  Edit: (input) => text(input.file_path),
  MultiEdit: (input) => text(input.file_path),
  Glob: (input) => text(input.pattern),
  Grep: (input) => [text(input.pattern), text(input.path)].filter(Boolean).join(' in '),
  WebFetch: (input) => text(input.url),
  TodoWrite: (input) => Array.isArray(input.todos) ? `${input.todos.length} items` : '',
}))

const firstText = (input) => text(Object.values(input ?? {}).find((value) => typeof value === 'string'))

/** The input as people read it: a command as it stands, else every field on lines of its own. */
export function inputText({ name, input }) {
  if (name === 'Bash' && typeof input.command === 'string') return input.command
  return Object.entries(input).map(([key, value]) =>
    `${key}: ${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}`).join('\n')
}
