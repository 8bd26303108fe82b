// Makes the console an app: its service worker, once the page has nothing more urgent to do.

import { scriptURL } from './trusted-urls.js'

let worker = Promise.resolve(null)

/** Resolves with the active service worker's registration, or with null where there is none. */
export const serviceWorker = () => worker

export function installServiceWorker() {
  if (!('serviceWorker' in navigator)) return
  // A notification was clicked: it knows where to go.
  navigator.serviceWorker.addEventListener('message', ({ data }) => {
    if (data?.address) location.hash = data.address
  })
  const idle = new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(resolve, { timeout: 5_000 })
    else setTimeout(resolve, 2_000)
  })
  worker = idle
    .then(() => navigator.serviceWorker.register(scriptURL('service-worker.js')))
    .then(() => navigator.serviceWorker.ready)
    // Without a certificate that the browser trusts there is none; the page works all the same.
    .catch(() => null)
}
