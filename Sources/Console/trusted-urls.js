// The page's policy takes script addresses only from here (require-trusted-types-for 'script'), and
// here are all there are. They are relative to the page: the console may live under a path.

const ADDRESSES = ['vendor/markdown-it.js', 'vendor/diff.js', 'highlight-worker.js',
  'service-worker.js']

const policy = globalThis.trustedTypes?.createPolicy('switchboard', {
  createScriptURL(address) {
    if (ADDRESSES.includes(address)) return address
    throw new TypeError(`${address} is no script of the console`)
  },
})

/** A script's address in the form that the browser takes. */
export const scriptURL = (address) => policy ? policy.createScriptURL(address) : address
