/** The one-time sign-in token: read from the fragment, and gone from the address bar before anything else runs. */

/** Reads `#token=…` or `/signin#…`. The fragment never reaches the server by itself. */
export const tokenFrom = (path: string, fragment: string): string | null => {
  const text = fragment.replace(/^#/, '')
  if (text.startsWith('token=')) return text.slice('token='.length) || null
  return path === '/signin' && text !== '' ? text : null
}

let taken: string | null = null

/** Takes the token out of the address and the history. To be called first of all, and when the fragment changes. */
export const takeToken = (): void => {
  taken = tokenFrom(location.pathname, location.hash)
  if (taken === null) return
  history.replaceState(null, '', location.pathname === '/signin' ? '/' : location.pathname)
}

/** Hands the token out once. */
export const spendToken = (): string | null => {
  const token = taken
  taken = null
  return token
}
