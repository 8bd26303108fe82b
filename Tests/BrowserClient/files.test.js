import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import * as client from '../../Sources/BrowserClient/index.js'
import { RealtimeClient } from '../../Sources/BrowserClient/client.js'
import { POLICY } from '../../Sources/BrowserClient/policy.js'

const folder = new URL('../../Sources/BrowserClient/', import.meta.url)
const read = (name) => readFileSync(new URL(name, folder), 'utf8')
const modules = readdirSync(folder).filter((name) => name.endsWith('.js'))
const declarations = read('index.d.ts')

test('what index.js exports is what index.d.ts declares', () => {
  const declared = [...declarations.matchAll(/^export (?:function|class|const) (\w+)/gm)]
  assert.deepEqual(declared.map(([, name]) => name).sort(), Object.keys(client).sort())
})

test('what a client has is what its interface declares', () => {
  const [, body] = /export interface RealtimeClient \{\n([^]*?)\n\}/.exec(declarations)
  const declared = [...body.matchAll(/^ {2}(?:readonly )?(\w+)[<(:]/gm)].map(([, name]) => name)
  const there = Object.getOwnPropertyNames(RealtimeClient.prototype).filter((name) => name !== 'constructor')
  assert.deepEqual(declared.sort(), there.sort())
})

test('the declared policy has the numbers that there are', () => {
  const [, body] = /export const POLICY: Readonly<\{\n([^]*?)\n\}>/.exec(declarations)
  const declared = [...body.matchAll(/^ {2}(\w+): number$/gm)].map(([, name]) => name)
  assert.deepEqual(declared.sort(), Object.keys(POLICY).sort())
})

test('the README has the numbers that there are', () => {
  const rows = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    .matchAll(/^\| `(\w+)` \| (\d+) \| /gm)
  assert.deepEqual([...rows].map(([, name, value]) => [name, Number(value)]), Object.entries(POLICY))
})

test('modules import nothing but their neighbours, and each of them is used', () => {
  const imported = new Set(['index.js'])
  for (const name of modules) {
    for (const [, from] of read(name).matchAll(/from '([^']+)'/g)) {
      assert.ok(modules.includes(from.replace('./', '')), `${name} imports ${from}`)
      imported.add(from.replace('./', ''))
    }
  }
  assert.deepEqual([...imported].sort(), modules.sort())
})

test('the pure modules know no clock, no chance and no world', () => {
  const shell = ['bootstrap.js', 'client.js', 'environment.js', 'index.js']
  const world = ['Date', 'performance', 'setTimeout', 'Math\\.random', 'globalThis', 'window', 'fetch',
    'WebSocket', 'Promise', 'async']
  for (const name of modules.filter((one) => !shell.includes(one))) {
    const code = read(name).replace(/\/\/.*|\/\*[^]*?\*\//g, '')
    assert.doesNotMatch(code, new RegExp(`\\b(${world.join('|')})\\b`), name)
  }
})

test('a page pays little for it', () => {
  const bytes = modules.map((name) => Buffer.byteLength(read(name))).reduce((a, b) => a + b)
  assert.ok(bytes < 42_000, `${bytes} bytes, comments and all`)
})
