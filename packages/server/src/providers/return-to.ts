/** Where a browser goes after a sign-in: to a page of ours, whatever the link said. */
import { isPage } from '../http/open.ts'

const longest = 2_000

/** The path to go to; `/` for what is no path of one of our pages. `also` are further paths of ours that show something. */
export function returnPath(given: string | undefined, also: readonly string[] = []): string {
  if (given === undefined || given.length > longest || !/^\/(?![/\\])[!-~]*$/.test(given)) return '/'
  const base = 'http://castellan.invalid'
  const url = URL.canParse(given, base) ? new URL(given, base) : null
  // Parsed as a browser would: what names a host by some trick has another origin here.
  if (url === null || url.origin !== base) return '/'
  const known = isPage('GET', url.pathname) || also.includes(url.pathname)
  return known && !url.pathname.startsWith('//') ? url.pathname + url.search : '/'
}
