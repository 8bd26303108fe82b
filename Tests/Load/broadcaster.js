// What gateway.py compares with: a broadcast as one writes it with `ws`, of Debian's node-ws. Each
// text of a connection goes to every other one.

import { createRequire } from 'node:module'

// Where Debian keeps modules; its own Node looks there by itself, others don't.
const { Server } = createRequire('/usr/share/nodejs/')('./ws')

const server = new Server({ host: '127.0.0.1', port: Number(process.argv[2]) }, () => console.log('ready'))
server.on('connection', (from) => from.on('message', (text) => {
  for (const to of server.clients) if (to !== from) to.send(text, { binary: false })
}))
