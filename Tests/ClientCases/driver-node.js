// The driver in Node, over the `ws` of Debian's node-ws: lines on standard input and output.

import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

import { Driver } from './driver.js'

// Where Debian keeps modules; its own Node looks there by itself, others don't.
const { WebSocket } = createRequire('/usr/share/nodejs/')('./ws')

const driver = new Driver(
  (url, protocols) => new WebSocket(url, protocols),
  (report) => process.stdout.write(`${JSON.stringify(report)}\n`))

createInterface({ input: process.stdin })
  .on('line', (line) => driver.line(line))
  .on('close', () => process.exit())
