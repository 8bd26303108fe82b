// Keeps the console's own files, so that it opens without a network and says so itself. What the
// server knows is never kept: /api, /ws and the like do not pass through here at all.

/** The folder of the console: `/`, or a path that it lives under. */
const ROOT = new URL('./', location.href).pathname
const CACHE = 'console'
const PATIENCE = 3_000

/** The console's page, scripts, styles and pictures, and the libraries that it loads. */
const isShell = ({ pathname }) => pathname.startsWith(ROOT)
  && /^((client\/|vendor\/|icons\/)?[\w.-]+\.(html|js|css|svg|png|webmanifest))?$/.test(pathname.slice(ROOT.length))

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin || !isShell(url)) return
  event.respondWith(fresh(event))
})

/** The server's file where there is a server: an upgrade reaches everybody with the next page. */
async function fresh(event) {
  const cache = await caches.open(CACHE)
  const kept = await cache.match(event.request)
  const fetching = fetch(event.request).then(async (response) => {
    if (response.ok) await cache.put(event.request, response.clone())
    return response
  })
  event.waitUntil(fetching.catch(() => {}))
  if (!kept) return fetching
  const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE, kept) })
  return Promise.race([fetching, late]).catch(() => kept)
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data.address))
})

async function open(address) {
  const pages = await self.clients.matchAll({ type: 'window' })
  if (!pages.length) return self.clients.openWindow(`${ROOT}${address}`)
  const page = await pages[0].focus()
  page.postMessage({ address })
}
