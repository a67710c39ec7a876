/** In which role somebody asks, and what PostgreSQL is told of them. Nothing of it comes from a header but the choice of role. */
import { CastellanError } from '@castellan/contracts'
import { settingsOf as claimed } from '../database/claims.ts'
import { homeTenant } from '../database/index.ts'
import { type DataRole, dataRoles } from '../database/roles.ts'
import type { Identity } from '../http/env.ts'

/** The header by which somebody asks in a lower role than their own. */
export const roleHeader = 'x-hasura-role'

/** The role to act in: one's own, or the lower one that the header names. Throws `refused` for another. */
export function roleOf(identity: Identity | undefined, asked: string | undefined): DataRole {
  const own = identity?.role ?? 'anonymous'
  if (asked === undefined) return own
  const allowed = dataRoles.slice(dataRoles.indexOf(own))
  const found = allowed.find((role) => role === asked)
  if (found !== undefined) return found
  throw new CastellanError('refused', 'You may not ask in this role. Nothing was read or changed.', {
    hint: `leave out ${roleHeader}, or name one of ${allowed.join(', ')}`,
  })
}

/** The settings of one transaction, which the policies of the owner's tables read through `auth.*()`. */
export function settingsOf(identity: Identity | undefined, role: DataRole): Readonly<Record<string, string>> {
  // Whoever acts as nobody is nobody.
  const person = role === 'anonymous' ? undefined : identity?.person
  return claimed({ role, user: person ?? null, tenant: identity?.tenant ?? homeTenant })
}
