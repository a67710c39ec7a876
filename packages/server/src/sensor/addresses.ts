/** Addresses that imitate others: letters of two scripts in one name, or a whole name of another script's twins. */
import type { Sight } from './marks.ts'

/** What could be a host name or a mail address. */
const words = /[\p{L}\p{N}@._:/?=&%-]+/gu
/** Scripts with Latin twins. */
const foreign = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u
/** Cyrillic and Greek letters that look like Latin ones. */
const imitates = /^[аеорсухіјѕԁһԛԝӏοανικρ\d-]+$/u
/** The end of a host name as Latin as any. */
const latinEnd = /^[a-z]{2,24}$/i
const mostCandidates = 20_000

/** Names in a text that are not what they look like. */
export function addressesIn(text: string): Omit<Sight, 'where'>[] {
  if (!foreign.test(text)) return []
  const found: Omit<Sight, 'where'>[] = []
  let looked = 0
  for (const [word] of text.matchAll(words)) {
    if (word.length > 300 || !word.includes('.') || !foreign.test(word)) continue
    if (++looked > mostCandidates) break
    if (imitatesAddress(word)) found.push({ kind: 'lookalike', weight: 'high', text: word })
  }
  return found
}

function imitatesAddress(word: string): boolean {
  const bare = word.toLowerCase().replace(/^[a-z]{2,10}:\/\//, '')
  const [local, domain] = bare.includes('@') ? bare.split('@', 2) : ['', bare]
  const host = (domain ?? '').split(/[/:?]/, 1)[0] ?? ''
  const labels = host.replace(/\.$/, '').split('.')
  if (labels.length < 2 || !latinEnd.test(labels.at(-1) ?? '')) return false
  return [...labels.slice(0, -1), local ?? ''].some(
    (name) => foreign.test(name) && (/[a-z]/.test(name) || (name.length > 2 && imitates.test(name))),
  )
}
