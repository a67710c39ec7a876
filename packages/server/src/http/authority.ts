/**
 * What each person may reach: one row per route that somebody besides the house's owner may ask, or that a token opens.
 * A route without a row answers the home tenant's owner, by session or local token, and nobody else. Open routes (open.ts)
 * are not here; what a room does with who asks is the room's own business.
 */
import type { PersonRole, Scope } from '@castellan/contracts'
import { homeTenant } from '../database/index.ts'
import type { Identity } from './env.ts'

/** Who may ask one route. `path` is the pattern it is mounted under, exactly as the router names it. */
export interface Authority {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly roles: readonly PersonRole[]
  /** `home`: only people of the home tenant. */
  readonly tenants: 'home' | 'every'
  /** What a token must be good for; null: no token opens it, only a session or the local token. */
  readonly scope: Scope | null
}

type Asked = readonly [method: Authority['method'], path: string]

const everyone: readonly PersonRole[] = ['owner', 'member', 'viewer']
const rows = (
  who: { roles: readonly PersonRole[]; tenants: Authority['tenants']; scope: Scope | null },
  asked: readonly Asked[],
): Authority[] => asked.map(([method, path]) => Object.freeze({ method, path, ...who }))

/** The table. A row is added by whoever adds the route, with the narrowest answer that serves. */
export const authorities: readonly Authority[] = Object.freeze([
  // The agent, by whoever talks to it: each sees what is theirs.
  ...rows({ roles: ['owner', 'member'], tenants: 'home', scope: 'chat' }, [
    ['POST', '/api/conversations'],
    ['POST', '/api/conversations/:id/messages'],
    ['POST', '/api/runs/:id/stop'],
    ['POST', '/api/attachments'],
  ]),
  ...rows({ roles: ['owner', 'member'], tenants: 'home', scope: 'read' }, [
    ['GET', '/api/conversations'],
    ['GET', '/api/conversations/:id'],
    ['GET', '/api/runs/:id'],
    ['GET', '/api/runs/:id/result'],
    ['GET', '/api/questions'],
    ['GET', '/api/questions/:id'],
    ['GET', '/api/memory'],
    ['GET', '/api/notices'],
    ['GET', '/api/events'],
  ]),
  ...rows({ roles: ['owner', 'member'], tenants: 'home', scope: 'approve' }, [
    ['POST', '/api/questions/:id/approve'],
    ['POST', '/api/questions/:id/deny'],
  ]),
  ...rows({ roles: ['owner', 'member'], tenants: 'home', scope: null }, [
    ['POST', '/api/questions/:id/passkey'],
    ['DELETE', '/api/memory/:id'],
  ]),
  ...rows({ roles: everyone, tenants: 'every', scope: 'read' }, [['GET', '/api/overview']]),
  // One's own account.
  ...rows({ roles: everyone, tenants: 'every', scope: null }, [
    ['POST', '/auth/logout'],
    ['POST', '/auth/step-up'],
    ['POST', '/auth/step-up/options'],
    ['GET', '/api/account/factors'],
    ['POST', '/api/account/passkeys/options'],
    ['POST', '/api/account/passkeys'],
    ['PATCH', '/api/account/passkeys/:id'],
    ['DELETE', '/api/account/passkeys/:id'],
    ['POST', '/api/account/totp'],
    ['POST', '/api/account/totp/confirm'],
    ['DELETE', '/api/account/totp'],
    ['POST', '/api/account/recovery-codes'],
    ['GET', '/api/sessions'],
    ['DELETE', '/api/sessions/:id'],
    ['GET', '/api/account/connections'],
    ['POST', '/api/account/connections'],
    ['DELETE', '/api/account/connections/:id'],
    ['POST', '/api/sessions/end-others'],
    ['GET', '/api/account'],
    ['PATCH', '/api/account'],
    ['PUT', '/api/account/password'],
    ['PUT', '/api/account/email'],
    ['GET', '/api/alerts'],
    ['POST', '/api/alerts/:id/seen'],
    ['POST', '/api/pairings'],
    ['GET', '/api/pairings/:id'],
    ['POST', '/api/pairings/:id/confirm'],
    ['POST', '/api/pairings/:id/deny'],
    ['GET', '/api/devices'],
    ['PATCH', '/api/devices/:id'],
    ['DELETE', '/api/devices/:id'],
    ['GET', '/api/accounts'],
    ['DELETE', '/api/accounts/:id'],
    ['GET', '/api/tokens'],
    ['POST', '/api/tokens'],
    ['DELETE', '/api/tokens/:id'],
    ['GET', '/api/grants'],
    ['DELETE', '/api/grants/:id'],
    ['GET', '/api/authorize'],
    ['POST', '/api/authorize'],
  ]),
  // The people of one's own tenant. What changes them asks for a fresh factor besides.
  ...rows({ roles: ['owner'], tenants: 'every', scope: null }, [
    ['GET', '/api/people'],
    ['PATCH', '/api/people/:id'],
    ['DELETE', '/api/people/:id'],
    ['GET', '/api/people/:id/sessions'],
    ['DELETE', '/api/people/:id/sessions/:session'],
    ['POST', '/api/people/:id/recovery'],
    ['POST', '/api/people/:id/reset-proofs'],
    ['POST', '/api/people/:id/confirmation'],
    ['GET', '/api/invitations'],
    ['POST', '/api/invitations'],
    ['DELETE', '/api/invitations/:id'],
  ]),
])

const byRoute = new Map(authorities.map((row) => [`${row.method} ${row.path}`, row]))

/** Whether somebody may ask all of these routes; the patterns come from the router. None at all is the owner's alone. */
export function mayAsk(
  identity: Identity,
  routes: readonly { readonly method: string; readonly path: string }[],
): boolean {
  if (routes.length === 0) return isHomeOwner(identity)
  return routes.every(({ method, path }) => {
    const row = byRoute.get(`${method} ${path}`)
    return row === undefined ? isHomeOwner(identity) : allows(row, identity)
  })
}

function allows(row: Authority, { tenant, role, scopes }: Identity): boolean {
  if (row.tenants === 'home' && tenant !== homeTenant) return false
  if (!row.roles.includes(role)) return false
  return scopes === null || (row.scope !== null && scopes.includes(row.scope))
}

/** The owner of the house in person, not a token or device that stands for less. */
function isHomeOwner({ tenant, role, via, scopes }: Identity): boolean {
  const inPerson = via === 'session' || via === 'local-token'
  return tenant === homeTenant && role === 'owner' && inPerson && scopes === null
}
