/** Where an app may be answered (RFC 8252, section 7): which addresses can be registered, and when one matches. */
import { CastellanError } from '@castellan/contracts'

/** Throws `bad_request` for an address that no app may be answered at, saying why. */
export function checkRedirect(uri: string): void {
  const problem = problemOf(uri)
  if (problem === undefined) return
  throw new CastellanError('bad_request', `The redirect address ${problem}. Nothing was registered.`, {
    hint: 'use com.example.app:/callback, https://your.site/callback, or http://127.0.0.1/callback for a program on this machine',
  })
}

function problemOf(uri: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(uri) || !URL.canParse(uri)) return 'is not an address'
  if (uri.includes('#')) return 'has a fragment'
  const { protocol, username, password, hostname } = new URL(uri)
  if (username !== '' || password !== '') return 'names a user'
  // What is compared is what was written, so it is written as it is read.
  if (/[\\*]/.test(uri) || /(^|\/)\.\.?(\/|$)/.test(uri.split('?')[0] ?? '')) return 'is not plain'
  if (protocol === 'https:') return hostname.includes('.') ? undefined : 'needs a public name'
  if (protocol === 'http:') {
    if (isLoopbackAddress(hostname)) return undefined
    return 'is plain http; only 127.0.0.1 and [::1] may be, and not localhost, which others can answer for'
  }
  // A scheme with a dot is a name somebody owns, turned around; `javascript:` and the like have none.
  return /^[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+:$/.test(protocol)
    ? undefined
    : 'needs a scheme of the form com.example.app'
}

const isLoopbackAddress = (hostname: string) => hostname === '127.0.0.1' || hostname === '[::1]'

/** Whether an address that was asked for is the registered one: character by character, but for a loopback port. */
export function isRegistered(asked: string, registered: readonly string[]): boolean {
  return registered.some((uri) => uri === asked || isSameLoopback(asked, uri))
}

/** RFC 8252, section 7.3: programs cannot choose their port beforehand. */
function isSameLoopback(asked: string, registered: string): boolean {
  const form = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?(\/[^#]*)?$/
  const [one, other] = [form.exec(asked), form.exec(registered)]
  if (one === null || other === null) return false
  if (Number(one[2] ?? 80) > 65_535) return false
  return one[1] === other[1] && (one[3] ?? '') === (other[3] ?? '')
}

/** The address with an answer added to its query. */
export function answerAt(uri: string, answer: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(answer)) if (value !== undefined) query.set(name, value)
  return `${uri}${uri.includes('?') ? '&' : '?'}${query}`
}
