/** The session cookie: named by instance, because cookies do not know ports and two instances share `localhost`. */

const tokenForm = /^[A-Za-z0-9_-]{43}$/

/** The cookie's name; over TLS the prefix makes the browser refuse one set by another host or path. */
export const cookieName = (instance: string, secure: boolean): string =>
  `${secure ? '__Host-' : ''}castellan_${instance}`

/** The session token of a Cookie header; undefined when absent, malformed, or given twice with different values. */
export function readToken(header: string | undefined, name: string): string | undefined {
  const values = new Set<string>()
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=')
    if (pair.slice(0, at).trim() === name) values.add(pair.slice(at + 1).trim())
  }
  // Another program on this host can add a cookie of our name, but must not choose which one counts.
  if (values.size !== 1) return undefined
  const [token] = values
  return token !== undefined && tokenForm.test(token) ? token : undefined
}

/** The Set-Cookie header that hands a token to the browser, out of reach of scripts and of other sites' posts. */
export function setCookie(name: string, token: string, ageMs: number, secure: boolean): string {
  return `${name}=${token}; Max-Age=${Math.floor(ageMs / 1000)}; ${attributes(secure)}`
}

/** The Set-Cookie header that takes it away. */
export function clearCookie(name: string, secure: boolean): string {
  return `${name}=; Max-Age=0; ${attributes(secure)}`
}

function attributes(secure: boolean): string {
  return `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}
