// node Tests/BrowserClient/simulate.js --histories 1000000 [--seed N]
//
// Each history has its own seed, the first one's number on: the failing one is run again alone with
// `--histories 1 --seed THAT`.

import { parseArgs } from 'node:util'

import { newCounts, runHistory } from './simulation.js'

/** Runs histories; returns their counts, or throws with the failing seed. */
export function simulate(histories, seed, progress = () => {}) {
  const counts = newCounts()
  for (let index = 0; index < histories; index += 1) {
    try {
      runHistory(seed + index, counts)
    } catch (error) {
      error.message = `seed ${seed + index}: ${error.message}`
      throw error
    }
    if (counts.histories % 100_000 === 0) progress(counts)
  }
  return counts
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { values } = parseArgs({
    options: { histories: { type: 'string', default: '20000' }, seed: { type: 'string' } },
  })
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
  const began = performance.now()
  const seconds = () => ((performance.now() - began) / 1_000).toFixed(1)
  console.log(`seed ${seed}, ${values.histories} histories`)
  try {
    const counts = simulate(Number(values.histories), seed,
      ({ histories }) => console.log(`${histories} histories, ${seconds()} s`))
    for (const [name, count] of Object.entries(counts)) console.log(`${name} ${count}`)
    console.log(`all well after ${seconds()} s`)
  } catch (error) {
    console.error(error)
    console.error(`run it alone: node Tests/BrowserClient/simulate.js --histories 1 --seed ${
      /^seed (\d+)/.exec(error.message)[1]}`)
    process.exitCode = 1
  }
}
