/** Part of the composition: signing in with an account somewhere else, joined to people, sessions, secrets and the way out. */
import { signInFetch } from './adapters/egress/index.ts'
import { raise } from './alerts/index.ts'
import type { Foundation } from './foundation.ts'
import {
  hasOwnWayIn,
  joinAsViewer,
  lockPerson,
  personAtDoor,
  personByAddress,
} from './identity/by-provider.ts'
import { cookieName, setCookie } from './identity/cookie.ts'
import { stepCookieName } from './identity/door.ts'
import type { IdentityOptions, IdentityService } from './identity/index.ts'
import type { ProvidersOptions } from './providers/index.ts'
import { recorder } from './record.ts'

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
