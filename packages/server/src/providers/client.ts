/**
 * One provider as openid-client drives it: where to send the browser, and what the code it comes back with is worth. Tokens
 * live only inside `redeem`; nothing of them is kept.
 */
import { createHash } from 'node:crypto'
import * as oidc from 'openid-client'
import { appleSecret } from './apple.ts'
import { text } from './read.ts'
import type { Endpoint, OAuth, ProviderRow, Raw } from './row.ts'
import type { Profile, ProviderFetch, StoredProvider } from './types.ts'

/** A provider with its row, ready to be asked. */
export interface Client {
  readonly row: ProviderRow
  readonly provider: StoredProvider
  /** What it must call itself, and what its accounts are keyed by. */
  readonly issuer: string
  readonly fetchFor: ProviderFetch
}

/** The three values of one sign-in that nobody else can know; all from one token in a cookie. */
export interface Proofs {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** The address at the provider to send the browser to (RFC 6749, section 4.1.1; RFC 7636 with S256). */
export async function departure(client: Client, proofs: Proofs, redirectUri: string): Promise<URL> {
  const { row } = client
  const config = await configure(client, oidc.None())
  return oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    state: proofs.state,
    ...(row.scopes === '' ? {} : { scope: row.scopes }),
    ...(row.pkce
      ? {
          code_challenge: await oidc.calculatePKCECodeChallenge(proofs.verifier),
          code_challenge_method: 'S256',
        }
      : {}),
    ...(usesNonce(row) ? { nonce: proofs.nonce } : {}),
    ...row.extra,
  })
}

/** Trades the code for the account, with every check of OpenID Connect; rejects when anything does not fit. */
export async function redeem(
  client: Client,
  secret: string,
  returned: { readonly url: URL; readonly proofs: Proofs; readonly now: number },
): Promise<Profile | undefined> {
  const { row } = client
  const { url, proofs } = returned
  const config = await configure(client, await clientAuth(client, secret, returned.now))
  const tokens = await oidc.authorizationCodeGrant(config, url, {
    expectedState: proofs.state,
    idTokenExpected: row.protocol.type === 'oidc',
    ...(row.pkce ? { pkceCodeVerifier: proofs.verifier } : {}),
    ...(usesNonce(row) ? { expectedNonce: proofs.nonce } : {}),
  })
  if (row.protocol.type === 'oauth') return askApi(config, row, row.protocol, tokens.access_token)
  const claims = tokens.claims()
  if (claims === undefined) return undefined
  checkParties(claims, client.provider.clientId)
  checkHash(tokens.id_token, claims['at_hash'], tokens.access_token)
  if (claims['email'] !== undefined || config.serverMetadata().userinfo_endpoint === undefined)
    return row.read(claims, undefined)
  return row.read(
    { ...(await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)), ...claims },
    undefined,
  )
}

/** Reads what the provider publishes of itself; rejects when it cannot be used. For the owner's test. */
export async function lookUp(client: Client): Promise<oidc.ServerMetadata> {
  return (await configure(client, oidc.None())).serverMetadata()
}

const usesNonce = ({ protocol }: ProviderRow): boolean => protocol.type === 'oidc' && protocol.nonce

async function configure(client: Client, auth: oidc.ClientAuth): Promise<oidc.Configuration> {
  const { row, provider, issuer } = client
  const { protocol } = row
  const fetchIt = mended(row, client.fetchFor(issuer))
  // Without TLS the fetch reaches nothing but this machine or a private network.
  const plain = new URL(issuer).protocol === 'http:'
  const execute = [oidc.enableNonRepudiationChecks, ...(plain ? [oidc.allowInsecureRequests] : [])]
  if (protocol.type === 'oidc') {
    const options = { [oidc.customFetch]: fetchIt, execute, timeout: 10 }
    return oidc.discovery(new URL(issuer), provider.clientId, undefined, auth, options)
  }
  const { authorize, token, user } = protocol
  const metadata = {
    issuer,
    authorization_endpoint: authorize,
    token_endpoint: token,
    userinfo_endpoint: user.url,
  }
  const config = new oidc.Configuration(metadata, provider.clientId, undefined, auth)
  config[oidc.customFetch] = fetchIt
  config.timeout = 10
  if (plain) oidc.allowInsecureRequests(config)
  return config
}

async function clientAuth(client: Client, secret: string, now: number): Promise<oidc.ClientAuth> {
  const { row, provider, issuer } = client
  if (row.auth === 'basic') return oidc.ClientSecretBasic(secret)
  if (row.auth === 'post') return oidc.ClientSecretPost(secret)
  return oidc.ClientSecretPost(await appleSecret(secret, { ...provider, issuer }, now))
}

/** The fetch with a row's repairs; openid-client asks for this form of customization. */
function mended({ mend }: ProviderRow, fetchIt: typeof fetch): oidc.CustomFetch {
  return async (url, options) => {
    const answer = await fetchIt(url, options as RequestInit)
    if (mend === undefined || options.method !== 'POST' || !answer.ok) return answer
    return Response.json(mend((await answer.json()) as Raw), { status: answer.status })
  }
}

async function askApi(
  config: oidc.Configuration,
  row: ProviderRow,
  protocol: OAuth,
  token: string,
): Promise<Profile | undefined> {
  const ask = async ({ url, method, headers }: Endpoint): Promise<unknown> => {
    const accept = new Headers({ accept: 'application/json', ...headers })
    const answer = await oidc.fetchProtectedResource(
      config,
      token,
      new URL(url),
      method ?? 'GET',
      undefined,
      accept,
    )
    if (!answer.ok) throw new TypeError(`the provider's API answered ${answer.status}`)
    return answer.json()
  }
  const user = await ask(protocol.user)
  const emails = protocol.emails === undefined ? undefined : await ask(protocol.emails)
  return typeof user === 'object' && user !== null ? row.read(user as Raw, emails) : undefined
}

/** The library looks at `azp` only beside several audiences; where it is given it must be us (Core, section 3.1.3.7). */
function checkParties(claims: oidc.IDToken, clientId: string): void {
  if (claims['azp'] !== undefined && claims['azp'] !== clientId)
    throw new TypeError('the id token was issued to another client')
}

/** The access token beside an id token is the one that it names (Core, section 3.1.3.8). */
function checkHash(idToken: string | undefined, expected: unknown, accessToken: string): void {
  if (expected === undefined) return
  const header: unknown = JSON.parse(Buffer.from(idToken?.split('.')[0] ?? '', 'base64url').toString())
  const algorithm = text((header as { alg?: unknown }).alg) ?? ''
  const bits = algorithm === 'EdDSA' || algorithm === 'Ed25519' ? '512' : algorithm.slice(-3)
  const digest = createHash(`sha${bits}`).update(accessToken).digest()
  const half = digest.subarray(0, digest.length / 2).toString('base64url')
  if (half !== expected) throw new TypeError('the access token is not the one that the id token names')
}
