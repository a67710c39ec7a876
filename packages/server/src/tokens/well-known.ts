/**
 * What programs of others read about this instance, openly: the keys of its tokens (RFC 7517), its OAuth metadata
 * (RFC 8414), and which apps Apple's and Google's systems may hand its links and passkeys to.
 */
import { type ClientView, scopes } from '@castellan/contracts'
import type { SigningKey } from './key-plan.ts'

/** GET /.well-known/jwks.json */
export const jwks = (keys: readonly SigningKey[]) => ({ keys: keys.map((key) => key.publicKey) })

/** GET /.well-known/oauth-authorization-server, of an instance at this address. */
export const metadata = (url: string) => ({
  issuer: url,
  authorization_endpoint: `${url}/auth/authorize`,
  token_endpoint: `${url}/auth/token`,
  revocation_endpoint: `${url}/auth/revoke`,
  jwks_uri: `${url}/.well-known/jwks.json`,
  scopes_supported: [...scopes],
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['none'],
  revocation_endpoint_auth_methods_supported: ['none'],
  authorization_response_iss_parameter_supported: true,
})

/** GET /.well-known/apple-app-site-association; undefined while there are no apps. */
export function appleAssociation(apps: readonly string[], url: string, clients: readonly ClientView[]) {
  if (apps.length === 0) return undefined
  const components = linkedPaths(url, clients).map((path) => ({ '/': path }))
  const applinks = { details: [{ appIDs: [...apps], components }] }
  return { ...(components.length === 0 ? {} : { applinks }), webcredentials: { apps: [...apps] } }
}

/** GET /.well-known/assetlinks.json; undefined while there are no apps. `apps` are `package/fingerprint`. */
export function androidAssociation(apps: readonly string[]) {
  if (apps.length === 0) return undefined
  return apps.map((app) => {
    const [name = '', fingerprint = ''] = app.split('/')
    return {
      relation: ['delegate_permission/common.handle_all_urls', 'delegate_permission/common.get_login_creds'],
      target: {
        namespace: 'android_app',
        package_name: name,
        sha256_cert_fingerprints: [fingerprint.toUpperCase()],
      },
    }
  })
}

/** The paths under our own address at which a registered app is answered: only those open in it. */
function linkedPaths(url: string, clients: readonly ClientView[]): string[] {
  const { origin } = new URL(url)
  const ours = clients
    .flatMap((client) => client.redirect_uris)
    .map((uri) => new URL(uri))
    .filter((uri) => uri.protocol === 'https:' && uri.origin === origin)
  return [...new Set(ours.map((uri) => uri.pathname))].sort()
}
