// Debian's packaged libraries, each loaded when it is first needed. The console works without them.

import { scriptURL } from './trusted-urls.js'

const loading = new Map()

/** Resolves with the library's global, or null where it is not installed. */
function load(address, name) {
  if (!loading.has(address)) {
    loading.set(address, new Promise((resolve) => {
      const script = document.createElement('script')
      script.onload = () => resolve(globalThis[name] ?? null)
      script.onerror = () => resolve(null)
      script.src = scriptURL(address)
      document.head.append(script)
    }))
  }
  return loading.get(address)
}

export const markdownIt = () => load('vendor/markdown-it.js', 'markdownit')
export const lineDiff = () => load('vendor/diff.js', 'Diff')
