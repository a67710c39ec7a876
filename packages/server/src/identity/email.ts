/**
 * E-mail addresses: what is compared is a key, so that spellings of one address are one person. Mail goes to the address
 * that was stored, never to the one that was typed: two that fold to one key may be two mailboxes.
 */
import { domainToASCII } from 'node:url'

const form = /^[^\s@<>(),;:\\"\p{C}]{1,64}@[^\s@<>(),;:\\"\p{C}]{1,255}$/u

/** What addresses are compared by: NFKC, case-folded, the domain in ASCII. Undefined for what is no address. */
export function emailKey(address: string): string | undefined {
  const folded = address.trim().normalize('NFKC').toLowerCase().normalize('NFKC')
  // Normalising can bring an @ or a bracket to light, so the form is looked at afterwards.
  if (!form.test(folded) || folded.length > 254) return undefined
  const [local = '', domain = ''] = folded.split('@')
  const ascii = domainToASCII(domain)
  // An empty label would be another key for the same mailbox.
  const labels = ascii.split('.')
  return labels.length < 2 || labels.includes('') ? undefined : `${local}@${ascii}`
}
