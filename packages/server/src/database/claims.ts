/**
 * What a caller of the owner's tables is to PostgreSQL: the settings of one transaction as `castellan_api`. GraphQL's
 * worker and the attacks on it use this one function, so that what is proved is what runs.
 */
import { type DataRole, databaseRole } from './roles.ts'

/** Who asks, as an access token says it. A person who is not known has no user. */
export interface DataClaims {
  readonly role: DataRole
  readonly tenant: string
  readonly user: string | null
}

/** Settings by name, for `set_config(name, value, true)`; all of them are set, so that none is left of another caller. */
export function settingsOf(claims: DataClaims): Readonly<Record<string, string>> {
  return {
    role: databaseRole(claims.role),
    search_path: 'pg_catalog',
    'jwt.claims.user_id': claims.user ?? '',
    'jwt.claims.tenant_id': claims.tenant,
    'jwt.claims.role': claims.role,
  }
}
