/** Tokens of links that lead to a page of their own: read once from the fragment, and gone from the address bar. */

const kept = new Map<string, string>()

/** The token behind `#` of this path; the same on every call, also when the address has been cleared. */
export const linkToken = (path: string): string => {
  const text = location.pathname === path ? location.hash.replace(/^#/, '') : ''
  if (text !== '') {
    kept.set(path, text)
    history.replaceState(null, '', path)
  }
  return kept.get(path) ?? ''
}
