// The driver in a page: lines over a WebSocket of its own, so that the rest is the page's own.

import { Driver } from './driver.js'

const control = new WebSocket(new URL('/control', location.href.replace(/^http/, 'ws')))
const driver = new Driver(
  (url, protocols) => new WebSocket(url, protocols),
  (report) => control.send(JSON.stringify(report)))
control.onmessage = ({ data }) => driver.line(data)
