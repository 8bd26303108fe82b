// Runs Debian's highlight.js beside the page. In: {job, code, language}; out: {job, markup}.

const address = 'vendor/highlight.js'
const policy = self.trustedTypes?.createPolicy('switchboard', {
  createScriptURL: (text) => {
    if (text === address) return text
    throw new TypeError(`${text} is not the highlighter`)
  },
})
try {
  importScripts(policy ? policy.createScriptURL(address) : address)
} catch {
  // The library is not installed: every answer is without markup, and code stays plain.
}

self.onmessage = ({ data: { job, code, language } }) => {
  self.postMessage({ job, markup: markupOf(code, language) })
}

function markupOf(code, language) {
  const library = self.hljs
  if (!library?.getLanguage(language)) return null
  // Debian 12 has version 9, whose arguments are in another order and which knows no versionString.
  const result = library.versionString
    ? library.highlight(code, { language, ignoreIllegals: true })
    : library.highlight(language, code, true)
  return result.value
}
