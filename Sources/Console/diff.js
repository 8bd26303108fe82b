// The difference that an edit makes, as rows: {kind: 'added' | 'removed' | 'same' | 'gap', text}.

const CONTEXT = 3
const MAXIMUM_ROWS = 600

const lines = (text) => {
  const rows = String(text ?? '').split('\n')
  if (rows.at(-1) === '') rows.pop()
  return rows
}
const rows = (kind, texts) => texts.map((text) => ({ kind, text }))

/** Each edit of a tool call: `{before, after}`, or null where the tool edits nothing. */
export function editsOf(toolName, input) {
  switch (toolName) {
    case 'Write': return [{ before: '', after: input.content ?? '' }]
    case 'Edit': return [{ before: input.old_string ?? '', after: input.new_string ?? '' }]
    case 'MultiEdit':
      return (Array.isArray(input.edits) ? input.edits : [])
        .map((edit) => ({ before: edit?.old_string ?? '', after: edit?.new_string ?? '' }))
    default: return null
  }
}

/** `library` is jsdiff, or null: then all of the old is out and all of the new in. */
export function diffRows({ before, after }, library) {
  const parts = library && before && library.diffLines(before, after, { maxEditLength: 2_000 })
  const all = parts
    ? parts.flatMap(({ added, removed, value }) =>
      rows(added ? 'added' : removed ? 'removed' : 'same', lines(value)))
    : [...rows('removed', lines(before)), ...rows('added', lines(after))]
  const folded = fold(all)
  return folded.length <= MAXIMUM_ROWS ? folded
    : [...folded.slice(0, MAXIMUM_ROWS), { kind: 'gap', text: `${folded.length - MAXIMUM_ROWS} more rows` }]
}

/** What did not change is shown near to what did. */
function fold(all) {
  const isNear = all.map((_, index) =>
    all.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some((row) => row.kind !== 'same'))
  const folded = []
  for (const [index, row] of all.entries()) {
    if (isNear[index]) folded.push(row)
    else if (folded.at(-1)?.kind !== 'gap') folded.push({ kind: 'gap', text: '⋯' })
  }
  return folded
}

export const sums = (all) => ({
  added: all.filter((row) => row.kind === 'added').length,
  removed: all.filter((row) => row.kind === 'removed').length,
})
