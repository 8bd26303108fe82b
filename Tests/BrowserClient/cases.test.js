import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import { createRealtimeClient } from '../../Sources/BrowserClient/index.js'
import { isFor, runCase } from './simulated.js'

const folder = new URL('../ClientCases/cases/', import.meta.url)
for (const file of readdirSync(folder).sort()) {
  const script = JSON.parse(readFileSync(new URL(file, folder)))
  if (isFor(script)) test(script.name, () => runCase(script, createRealtimeClient))
}
