import assert from 'node:assert/strict'
import { test } from 'node:test'

import { simulate } from './simulate.js'
import { randomSource } from './simulation.js'

const HISTORIES = 20_000
const seed = Number(process.env.SWITCHBOARD_SEED ?? Math.floor(Math.random() * 2 ** 31))

test(`${HISTORIES} histories from seed ${seed}: every publication once and in order, or a gap told`, () => {
  const counts = simulate(HISTORIES, seed)
  console.log(`seed ${seed}: ${JSON.stringify(counts)}`)
  // Nothing of what can go wrong is left out.
  for (const [what, count] of Object.entries(counts)) assert.ok(count > 0, what)
})

test('the same seed is the same history', () => {
  assert.deepEqual(simulate(50, 7), simulate(50, 7))
  assert.notEqual(randomSource(1)(), randomSource(2)())
})
