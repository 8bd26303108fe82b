// Names as they are compared in a search: without differences of case, in every script, and of
// encoding. The server's rule (Sources/Store/SearchText.swift), so that what it finds is shown.

const foldedOnce = (text) => [...text].map((letter) =>
  letter === 'ı' ? letter : letter.toLowerCase().toUpperCase().toLowerCase()).join('')

export const searchText = (name) =>
  foldedOnce(foldedOnce(name.normalize('NFD')).normalize('NFKD')).normalize('NFKC')
