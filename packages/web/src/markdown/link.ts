/** What a link in an answer really leads to. Pure; nothing here opens anything. */

/** A link told for a person: the pieces of its address, with the host apart. */
export type LinkView =
  | { kind: 'web'; url: string; before: string; host: string; after: string; warnings: string[] }
  | { kind: 'mail'; url: string; address: string; warnings: string[] }
  /** Anything that this page will not open: other schemes, relative and broken addresses. */
  | { kind: 'inert'; url: string; why: string }

const deepLabel = /^\d{1,3}(\.\d{1,3}){3}$|^\[/

const webWarnings = (url: URL, raw: string): string[] => {
  const warnings: string[] = []
  if (url.username !== '' || url.password !== '') {
    warnings.push('The part before @ is only a name; the host comes after it.')
  }
  if (url.host.split('.').some((label) => label.startsWith('xn--'))) {
    warnings.push('The host is written with letters of another alphabet; it is shown in its plain form.')
  }
  if (url.protocol === 'http:') warnings.push('The connection is not encrypted.')
  if (deepLabel.test(url.hostname)) warnings.push('The host is a number instead of a name.')
  if (raw.length > 500) warnings.push('The address is unusually long; it may carry data out.')
  return warnings
}

/** Reads an address as the browser would, and says what it would open. */
export const viewLink = (href: string): LinkView => {
  const raw = href.trim()
  const url = URL.parse(raw)
  if (raw.startsWith('#')) return { kind: 'inert', url: raw, why: 'It points into this text.' }
  if (url === null) return { kind: 'inert', url: raw, why: 'It is not a full address.' }
  if (url.protocol === 'mailto:') {
    return { kind: 'mail', url: url.href, address: url.href.slice('mailto:'.length), warnings: [] }
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { kind: 'inert', url: raw, why: `Castellan does not open ${url.protocol} addresses.` }
  }
  const at = url.href.indexOf(url.host, url.protocol.length + 2 + userInfoLength(url))
  return {
    kind: 'web',
    url: url.href,
    before: url.href.slice(0, at),
    host: url.host,
    after: url.href.slice(at + url.host.length),
    warnings: webWarnings(url, raw),
  }
}

const userInfoLength = (url: URL): number => {
  if (url.username === '' && url.password === '') return 0
  return url.username.length + (url.password === '' ? 0 : url.password.length + 1) + 1
}
