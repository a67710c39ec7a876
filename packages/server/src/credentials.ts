/** Part of the composition: the tokens that people, their scripts and their apps come with. */
import { raise } from './alerts/index.ts'
import type { Foundation } from './foundation.ts'
import type { Instance } from './instance/index.ts'
import { makeTokens, type TokenOptions, type Tokens } from './tokens/index.ts'

/** Makes tokens. */
export function openTokens(
  instance: Instance,
  { tenant, database, listener, runtime, vault }: Foundation,
  requireFresh: TokenOptions['requireFresh'],
): Tokens {
  const { boot } = instance.configuration
  return makeTokens({
    database,
    home: tenant,
    vault,
    instance: instance.name,
    // Whoever reads our keys or is sent back to us does so under the name that we have outside.
    url: boot.PUBLIC_ORIGINS[0] ?? listener.url,
    sharedKey: boot.HASURA_JWT_KEY ?? undefined,
    raise,
    requireFresh,
    settings: () => ({
      accessMs: runtime.get('ACCESS_TOKEN_MINUTES') * 60_000,
      appleApps: runtime.get('APPLE_APP_IDS'),
      androidApps: runtime.get('ANDROID_APPS'),
    }),
    now: Date.now,
  })
}
