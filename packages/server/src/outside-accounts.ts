/** Part of the composition: signing in with an account somewhere else, joined to people, sessions, secrets and the way out. */
import { signInFetch } from './adapters/egress/index.ts'
import { raise } from './alerts/index.ts'
import type { Foundation } from './foundation.ts'
import type { RequireFresh } from './http/fresh.ts'
import { originsOf } from './http/hosts.ts'
import {
  hasOwnWayIn,
  joinAsViewer,
  lockPerson,
  personAtDoor,
  personByAddress,
} from './identity/by-provider.ts'
import { cookieName, setCookie } from './identity/cookie.ts'
import { stepCookieName } from './identity/door.ts'
import type { EndAccess, IdentityOptions, IdentityService } from './identity/index.ts'
import {
  connectionRoutes,
  endAccess,
  type ProvidersOptions,
  providerAuthRoutes,
  providerRoutes,
} from './providers/index.ts'
import { recorder } from './record.ts'

export interface OutsideParts {
  readonly foundation: Pick<Foundation, 'database' | 'vault' | 'listener' | 'tls' | 'log'>
  readonly identity: IdentityService
  readonly options: IdentityOptions
  readonly requireFresh: RequireFresh
  /** Public names as the owner configured them. */
  readonly publicOrigins: readonly string[]
}

/** The doors of signing in with an account somewhere else. */
export function openOutside({ foundation, identity, options, requireFresh, publicOrigins }: OutsideParts) {
  const { listener, tls, log } = foundation
  const { canonical, all } = originsOf({
    ...{ port: listener.port, tls },
    public: [listener.url, ...publicOrigins],
  })
  const providers = { ...providersOptions(foundation, identity, options, all), url: canonical }
  const doors = { identify: identity.identify, requireFresh, log }
  return {
    endAccess: ((transaction, who) => endAccess(providers, transaction, who)) satisfies EndAccess,
    auth: [providerAuthRoutes(providers, doors)],
    api: [connectionRoutes(providers, doors), providerRoutes(providers, doors)],
  }
}

/** What sign-in by providers is made from. `origins` are the names of the house that a redirect URL may begin with. */
export function providersOptions(
  foundation: Pick<Foundation, 'database' | 'vault'>,
  identity: IdentityService,
  options: IdentityOptions,
  origins: readonly string[],
): ProvidersOptions {
  const { database, vault } = foundation
  const { tenant: home, instance, url, now } = options
  return {
    ...{ database, secrets: vault, url, origins, instance, now },
    people: {
      load: personAtDoor,
      byEmail: (address) => personByAddress({ database, home }, address),
      join: (handle, person) => joinAsViewer(home, handle, { ...person, now: new Date(now()) }),
      lock: lockPerson,
      hasOtherWay: hasOwnWayIn,
    },
    enter: async (transaction, who, by, { secure, ...arrival }) => {
      const entered = await identity.enter(transaction, by, who, arrival)
      if ('half' in entered) {
        const { token, ageMs } = entered.half
        return { cookies: [setCookie(stepCookieName(instance, secure), token, ageMs, secure)] }
      }
      const { token, ageMs } = entered.session
      return { cookies: [setCookie(cookieName(instance, secure), token, ageMs, secure)] }
    },
    tell: (transaction, { tenant, person }, alert) => raise(transaction, tenant, alert, person),
    fetchFor: (home) => signInFetch(home),
    record: recorder(home).account,
  }
}
