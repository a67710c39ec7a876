/** A certified OpenID Connect provider (`oidc-provider`) on this machine, with its own sign-in and consent pages. */
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'
import { startWebServer } from '../../packages/server/src/testing/web-server.ts'

export interface OidcServer {
  readonly issuer: string
  /** `METHOD path` of every request, in order. */
  readonly requests: readonly string[]
  close(): Promise<void>
}

/** The one client it knows. */
export const oidcClient = { id: 'castellan', secret: 'the-secret-of-the-castellan-client' } as const

/**
 * Starts it for one redirect URL. Whoever signs in there is who they say; `NAME@town.example` is their confirmed address.
 * Every client must use PKCE, and the code is worth nothing twice.
 */
export async function startOidc(redirectUris: readonly string[]): Promise<OidcServer> {
  let handle: ReturnType<Provider['callback']> | undefined
  const web = await startWebServer((request, response) => {
    void handle?.(request, response)
  })
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const provider = new Provider(web.url, {
    clients: [
      {
        client_id: oidcClient.id,
        client_secret: oidcClient.secret,
        redirect_uris: [...redirectUris],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_post',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'test', alg: 'ES256', use: 'sig' }] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    cookies: { keys: ['a key of the tests'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, name: id, email: `${id}@town.example`, email_verified: true }),
    }),
  })
  handle = provider.callback()
  return { issuer: web.url, requests: web.requests, close: () => web.close() }
}
