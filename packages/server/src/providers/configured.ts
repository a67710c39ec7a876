/** A provider as the owner set it up, together with its row of the catalogue. */
import { catalogue, isOwnIssuer } from './catalogue.ts'
import type { Client } from './client.ts'
import type { ProvidersOptions, StoredProvider } from './types.ts'

/** Ready to be asked; undefined for a kind that this version does not know. */
export function clientOf(
  { fetchFor, rows = catalogue }: Pick<ProvidersOptions, 'fetchFor' | 'rows'>,
  provider: StoredProvider,
): Client | undefined {
  const row = rows.find(({ kind }) => kind === provider.kind)
  if (row === undefined) return undefined
  const { protocol } = row
  const issuer = protocol.type === 'oidc' ? protocol.issuer(provider.fields) : protocol.issuer
  return { row, provider, issuer, fetchFor }
}

/**
 * Whether the owner chose who runs this issuer, so that the domains they named are its to vouch for. A service that anybody
 * can have an account at is nobody's own.
 */
export function isTrusted({ row, issuer }: Pick<Client, 'row' | 'issuer'>): boolean {
  return isOwnIssuer(row) && !row.fields?.some((field) => field.default === issuer)
}

/** The one redirect URL of a provider at one of our origins, compared there letter by letter (RFC 9700, section 2.1). */
export function redirectUriOf(origin: string, provider: string): string {
  return `${origin}/auth/providers/${provider}/callback`
}

/** The vault's name of a provider's client secret. */
export const secretName = (provider: string): string => `provider/${provider}`
