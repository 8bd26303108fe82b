// Makes the console an app: its service worker, once the page has nothing more urgent to do.

import { scriptURL } from './trusted-urls.js'

export function installServiceWorker() {
  if (!('serviceWorker' in navigator)) return
  // A notification was clicked: it knows where to go.
  navigator.serviceWorker.addEventListener('message', ({ data }) => {
    if (data?.address) location.hash = data.address
  })
  const register = () => navigator.serviceWorker.register(scriptURL('/service-worker.js')).catch(() => {
    // Without a certificate that the browser trusts there is none; the page works all the same.
  })
  if ('requestIdleCallback' in globalThis) requestIdleCallback(register, { timeout: 5_000 })
  else setTimeout(register, 2_000)
}
