/**
 * Endorsed values: what the owner called right for the rest of a run, e.g. an address that came from a page. From then on
 * exactly that value in that role is their own. Nothing else is: no other spelling, no other role, and never content.
 */
import type { Json, Role } from '@castellan/contracts'
import type { RunFacts } from './call.ts'
import { canonicalJson } from './canonical.ts'

/** An amount or a secret is right for one call only: endorsed, it could be paid or shown again and again. */
const roles: ReadonlySet<Role> = new Set(['target', 'object', 'account'])

/** Whether a value in a role was endorsed in the run, character for character. */
export function isEndorsed({ endorsed = [] }: RunFacts, role: Role, value: Json): boolean {
  if (endorsed.length === 0 || !mayBeEndorsed(role, value)) return false
  const text = canonicalJson(value)
  return endorsed.some((each) => each.role === role && canonicalJson(each.value) === text)
}

/** Whether such a value could be endorsed at all. */
export function mayBeEndorsed(role: Role, value: Json): boolean {
  return roles.has(role) && ((typeof value === 'string' && value !== '') || typeof value === 'number')
}
