/**
 * The providers by name, a row each. Where a row departs from the rule (no PKCE, no nonce, no verified address), that is how
 * the provider is; the sources say so, or the provider fails on what the rule asks for.
 */
import { apiRows } from './catalogue-api.ts'
import { profile, standardClaims, text } from './read.ts'
import type { Fields, ProviderRow } from './row.ts'

const at =
  (issuer: string): ((fields: Fields) => string) =>
  () =>
    issuer
const oidc = (issuer: string) => ({ type: 'oidc', issuer: at(issuer), nonce: true }) as const
const ownIssuer = {
  type: 'oidc',
  issuer: (fields: Fields) => fields['issuer'] ?? '',
  nonce: true,
} as const

/** Providers that speak OpenID Connect, found by discovery. */
const oidcRows: readonly ProviderRow[] = [
  {
    kind: 'google',
    title: 'Google',
    source: 'https://developers.google.com/identity/openid-connect/openid-connect',
    register: 'https://console.cloud.google.com/auth/clients',
    protocol: oidc('https://accounts.google.com'),
    scopes: 'openid email profile',
    ...{ auth: 'post', pkce: true, saysVerified: true },
    // Any address can be a Google account's; only these are Google's to give out.
    read: standardClaims((domain, raw) => domain === 'gmail.com' || raw['hd'] === domain),
  },
  {
    kind: 'apple',
    title: 'Apple',
    source: 'https://developer.apple.com/documentation/signinwithapplerestapi',
    register: 'https://developer.apple.com/account/resources/identifiers/list/serviceId',
    protocol: oidc('https://appleid.apple.com'),
    scopes: 'openid email',
    // Apple posts its answer as soon as a scope is asked for.
    extra: { response_mode: 'form_post' },
    ...{ auth: 'apple', pkce: false, saysVerified: true },
    fields: [
      { name: 'team_id', label: 'Team ID', hint: 'Ten characters, at Membership details.', default: '' },
      { name: 'key_id', label: 'Key ID', hint: 'Ten characters; the name of the key below.', default: '' },
    ],
    read: standardClaims((domain) => appleDomains.has(domain)),
  },
  {
    kind: 'microsoft',
    title: 'Microsoft',
    source: 'https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc',
    register: 'https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps',
    protocol: {
      type: 'oidc',
      issuer: ({ tenant }) => `https://login.microsoftonline.com/${tenant}/v2.0`,
      nonce: true,
    },
    scopes: 'openid email profile',
    ...{ auth: 'post', pkce: true, saysVerified: false },
    fields: [
      {
        name: 'tenant',
        label: 'Directory',
        hint: 'The Directory (tenant) ID; consumers: private accounts only; common: every account.',
        default: 'common',
      },
    ],
    // The address in the token is whatever a directory's administrator wrote there ("nOAuth"), so it proves nothing.
    read: (raw) =>
      profile({ subject: joined(raw['tid'], raw['sub']), name: raw['name'], email: raw['email'] }),
  },
  {
    kind: 'gitlab',
    title: 'GitLab',
    source: 'https://docs.gitlab.com/integration/openid_connect_provider/',
    register: 'https://gitlab.com/-/user_settings/applications',
    protocol: ownIssuer,
    scopes: 'openid email profile',
    ...{ auth: 'post', pkce: true, saysVerified: true },
    fields: [
      {
        name: 'issuer',
        label: 'Address',
        hint: 'Of your own GitLab, if it is one.',
        default: 'https://gitlab.com',
      },
    ],
    read: standardClaims(),
  },
  {
    kind: 'slack',
    title: 'Slack',
    source: 'https://docs.slack.dev/authentication/sign-in-with-slack/',
    register: 'https://api.slack.com/apps',
    protocol: oidc('https://slack.com'),
    scopes: 'openid email profile',
    // Slack answers internal_error to a verifier beside a client secret.
    ...{ auth: 'post', pkce: false, saysVerified: true },
    // A user's id is one workspace's.
    read: (raw) => {
      const subject = joined(raw['https://slack.com/team_id'], raw['https://slack.com/user_id'] ?? raw['sub'])
      return profile({ subject, name: raw['name'], email: raw['email'], verified: raw['email_verified'] })
    },
  },
  {
    kind: 'linkedin',
    title: 'LinkedIn',
    source: 'https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2',
    register: 'https://www.linkedin.com/developers/apps',
    // It returns no nonce, and answers invalid_client to a verifier.
    protocol: { type: 'oidc', issuer: at('https://www.linkedin.com/oauth'), nonce: false },
    scopes: 'openid email profile',
    ...{ auth: 'post', pkce: false, saysVerified: true },
    read: standardClaims(),
  },
  {
    kind: 'twitch',
    title: 'Twitch',
    source: 'https://dev.twitch.tv/docs/authentication/getting-tokens-oidc/',
    register: 'https://dev.twitch.tv/console/apps',
    protocol: oidc('https://id.twitch.tv/oauth2'),
    scopes: 'openid user:read:email',
    extra: { claims: '{"id_token":{"email":null,"email_verified":null,"preferred_username":null}}' },
    ...{ auth: 'post', pkce: false, saysVerified: true },
    read: standardClaims(),
    // The scope comes as a list, which RFC 6749, section 5.1 does not know.
    mend: (answer) => ({
      ...answer,
      ...(Array.isArray(answer['scope']) ? { scope: answer['scope'].join(' ') } : {}),
    }),
  },
  {
    kind: 'yahoo',
    title: 'Yahoo',
    source: 'https://developer.yahoo.com/sign-in-with-yahoo/',
    register: 'https://developer.yahoo.com/apps/',
    protocol: oidc('https://api.login.yahoo.com'),
    scopes: 'openid email profile',
    ...{ auth: 'basic', pkce: true, saysVerified: true },
    read: standardClaims(),
  },
  {
    kind: 'oidc',
    title: 'OpenID Connect',
    source: 'https://openid.net/specs/openid-connect-core-1_0.html',
    register: 'https://openid.net/specs/openid-connect-discovery-1_0.html',
    protocol: ownIssuer,
    scopes: 'openid email profile',
    ...{ auth: 'post', pkce: true, saysVerified: true },
    fields: [
      {
        name: 'issuer',
        label: 'Issuer',
        hint: 'For example https://id.example.org/realms/home (Keycloak, Authentik, Zitadel, Dex …).',
        default: '',
      },
    ],
    read: standardClaims(),
  },
]

const appleDomains = new Set(['icloud.com', 'me.com', 'mac.com', 'privaterelay.appleid.com'])

/** An id that is lasting only together with whose it is; undefined unless both are there. */
function joined(first: unknown, second: unknown): string | undefined {
  const [a, b] = [text(first), text(second)]
  return a === undefined || b === undefined ? undefined : `${a}/${b}`
}

/** Every provider that can be set up, by its kind. */
export const catalogue: readonly ProviderRow[] = Object.freeze([...oidcRows, ...apiRows])

/** Kinds whose issuer is the owner's own, so that what it says of addresses is as good as the owner makes it. */
export const isOwnIssuer = (row: ProviderRow): boolean =>
  row.fields?.some(({ name }) => name === 'issuer') === true
