/** What HASURA_GRAPHQL_JWT_SECRET has to be so that Hasura takes our tokens. The key itself is never among it. */
import { hasuraNamespace, type Issuer } from './claims.ts'

/** Its value and what is left to do by hand. */
export function hasuraSecret(issuer: Issuer, isShared: boolean): { value: string; note: string } {
  const common = {
    claims_namespace: hasuraNamespace,
    claims_format: 'json',
    issuer: issuer.url,
    audience: issuer.audience,
    allowed_skew: 5,
  }
  if (isShared) {
    return {
      value: JSON.stringify({ type: 'HS256', key: '<the value of HASURA_JWT_KEY>', ...common }),
      note: 'Put the value of HASURA_JWT_KEY in the place of the words in angle brackets; Castellan never prints it.',
    }
  }
  return {
    value: JSON.stringify({ jwk_url: `${issuer.url}/.well-known/jwks.json`, ...common }),
    note: 'Hasura fetches the keys from that address, so it must reach it; nothing here is secret.',
  }
}
