/**
 * Every row of the catalogue through the real client against a server that speaks its protocol: the row's endpoints are moved
 * to this machine, everything else is the row's own. The answers are those of the providers' references.
 */
import { generateKeyPairSync } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  clientId,
  clientSecret,
  type FakeProvider,
  type Script,
  startProvider,
} from '../../../../tests/fakes/provider.ts'
import { signInFetch } from '../adapters/egress/index.ts'
import { newToken, proofsOf } from './attempt.ts'
import { catalogue } from './catalogue.ts'
import { type Client, departure, redeem } from './client.ts'
import type { ProviderRow } from './row.ts'
import type { Profile } from './types.ts'

let fake: FakeProvider
beforeAll(async () => {
  fake = await startProvider({ account: {} })
})
beforeEach(() => fake.script({}))
afterAll(() => fake.close())

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
const redirectUri = 'http://localhost:7777/auth/providers/here/callback'

/** The row with its endpoints on this machine. */
function moved(row: ProviderRow): ProviderRow {
  const { protocol } = row
  if (protocol.type === 'oidc') return { ...row, protocol: { ...protocol, issuer: () => fake.issuer } }
  const { user, emails } = protocol
  const to = { issuer: fake.issuer, authorize: `${fake.issuer}/authorize`, token: `${fake.issuer}/token` }
  const asked = emails === undefined ? {} : { emails: { ...emails, url: `${fake.issuer}/emails` } }
  return { ...row, protocol: { ...protocol, ...to, user: { ...user, url: `${fake.issuer}/user` }, ...asked } }
}

function clientFor(kind: string): Client {
  const row = catalogue.find((each) => each.kind === kind)
  if (row === undefined) throw new TypeError(kind)
  const fields = { team_id: 'TEAM123456', key_id: 'KEY1234567' }
  const provider = {
    ...{ name: 'here', kind, title: row.title, clientId, fields, enabled: true },
    ...{ join: 'nobody' as const, domains: [], createdAt: new Date() },
  }
  return { row: moved(row), provider, issuer: fake.issuer, fetchFor: signInFetch }
}

async function signIn(kind: string, script: Partial<Script>, secret = clientSecret) {
  const client = clientFor(kind)
  fake.script({ ...script, ...(client.row.protocol.type === 'oauth' ? { plain: true } : {}) })
  const proofs = proofsOf(newToken())
  const asked = await departure(client, proofs, redirectUri)
  const plain = new URL(asked)
  plain.searchParams.delete('response_mode')
  const url = await fake.visit(plain.href)
  const profile = await redeem(client, secret, { url, proofs, now: Date.now() })
  return { asked: asked.searchParams, profile, sent: fake.tokenRequests.at(-1) }
}

const mia = { name: 'Mia', email: 'mia@town.example' }
const confirmed = { ...mia, emailVerified: true, authoritative: false }
const unconfirmed = { ...mia, emailVerified: false, authoritative: false }
const standard = { sub: 's1', name: 'Mia', email: mia.email, email_verified: true }

/** What each answers, and who that is. */
const cases: readonly [kind: string, script: Partial<Script>, profile: Profile][] = [
  ['google', { account: standard }, { subject: 's1', ...confirmed }],
  ['gitlab', { account: standard }, { subject: 's1', ...confirmed }],
  [
    'linkedin',
    { account: standard, claims: ({ nonce: _, ...claims }) => claims },
    { subject: 's1', ...confirmed },
  ],
  ['yahoo', { account: standard }, { subject: 's1', ...confirmed }],
  ['oidc', { account: standard }, { subject: 's1', ...confirmed }],
  ['microsoft', { account: { ...standard, tid: 't1' } }, { subject: 't1/s1', ...unconfirmed }],
  [
    'slack',
    { account: { ...standard, 'https://slack.com/team_id': 'T1', 'https://slack.com/user_id': 'U1' } },
    { subject: 'T1/U1', ...confirmed },
  ],
  [
    'twitch',
    {
      account: { sub: '7', preferred_username: 'Mia', email: mia.email, email_verified: true },
      token: (answer) => ({ ...answer, scope: ['openid', 'user:read:email'] }),
    },
    { subject: '7', ...confirmed },
  ],
  [
    'github',
    {
      account: { id: 583231, login: 'mia', name: 'Mia', email: 'shown@evil.example' },
      emails: [
        { email: 'old@town.example', primary: false, verified: true },
        { email: mia.email, primary: true, verified: true },
      ],
    },
    { subject: '583231', ...confirmed },
  ],
  [
    'discord',
    { account: { id: '80351', username: 'mia', global_name: 'Mia', email: mia.email, verified: true } },
    { subject: '80351', ...confirmed },
  ],
  ['facebook', { account: { id: '10', name: 'Mia', email: mia.email } }, { subject: '10', ...unconfirmed }],
  [
    'x',
    { account: { data: { id: '2244994945', name: 'M', username: 'Mia' } } },
    { subject: '2244994945', name: 'Mia', email: null, emailVerified: false, authoritative: false },
  ],
  [
    'spotify',
    { account: { id: 'mia', display_name: 'Mia', email: mia.email } },
    { subject: 'mia', ...unconfirmed },
  ],
  [
    'bitbucket',
    {
      account: { uuid: '{1f}', display_name: 'Mia' },
      emails: { values: [{ email: mia.email, is_primary: true, is_confirmed: true }] },
    },
    { subject: '{1f}', ...confirmed },
  ],
  [
    'zoom',
    { account: { id: 'z1', display_name: 'Mia', email: mia.email, verified: 1 } },
    { subject: 'z1', ...confirmed },
  ],
  [
    'notion',
    { account: { bot: { owner: { user: { id: 'n1', name: 'Mia', person: { email: mia.email } } } } } },
    { subject: 'n1', ...unconfirmed },
  ],
  [
    'dropbox',
    {
      account: {
        account_id: 'dbid:1',
        name: { display_name: 'Mia' },
        email: mia.email,
        email_verified: true,
      },
    },
    { subject: 'dbid:1', ...confirmed },
  ],
]

test('at least sixteen providers have a name, and each is tried here', () => {
  expect(catalogue.length - 1).toBeGreaterThanOrEqual(16)
  expect(
    cases
      .map(([kind]) => kind)
      .concat('apple')
      .toSorted(),
  ).toEqual(catalogue.map(({ kind }) => kind).toSorted())
  for (const { source, register } of catalogue)
    expect([source, register].every((url) => /^https:\/\//.test(url))).toBe(true)
})

describe.each(cases)('%s', (kind, script, profile) => {
  test('signs in, by its own way of showing the secret and binding the code', async () => {
    const { row } = clientFor(kind)
    const { asked, profile: found, sent } = await signIn(kind, script)
    expect(found).toEqual(profile)
    expect(sent?.authorization === undefined).toBe(row.auth !== 'basic')
    expect(sent?.form.has('client_secret')).toBe(row.auth === 'post')
    expect([asked.get('code_challenge_method'), sent?.form.has('code_verifier')]).toEqual(
      row.pkce ? ['S256', true] : [null, false],
    )
    const { protocol } = row
    expect(asked.has('nonce')).toBe(protocol.type === 'oidc' && protocol.nonce)
    expect(asked.get('state')).toMatch(/^[\w-]{43}$/)
    expect([asked.get('redirect_uri'), asked.get('client_id'), asked.get('scope') ?? '']).toEqual([
      redirectUri,
      clientId,
      row.scopes,
    ])
  })

  test('an answer without an account is nobody', async () => {
    const { account, emails: _, ...rest } = script
    const nobody = Object.keys(account ?? {}).length > 0 ? { ...rest, account: {} } : rest
    expect(
      await signIn(kind, nobody).then(
        ({ profile: found }) => found,
        () => undefined,
      ),
    ).toBeUndefined()
  })
})

describe('Apple', () => {
  test('shows a JWT of five minutes signed with the owner’s key, and takes a text for true', async () => {
    const account = { sub: '001.a', email: 'x1@privaterelay.appleid.com', email_verified: 'true' }
    const { asked, profile, sent } = await signIn('apple', { account, takes: () => true }, pem)
    expect(profile).toEqual({
      ...{ subject: '001.a', name: null, email: account.email, emailVerified: true, authoritative: true },
    })
    expect(asked.get('response_mode')).toBe('form_post')
    const jwt = sent?.form.get('client_secret') ?? ''
    expect(decodeProtectedHeader(jwt)).toEqual({ alg: 'ES256', kid: 'KEY1234567' })
    const { iat = 0, ...claims } = decodeJwt(jwt)
    expect(claims).toEqual({ iss: 'TEAM123456', sub: clientId, aud: fake.issuer, exp: iat + 300 })
  })

  test('a key that is none is said so', async () => {
    await expect(signIn('apple', { account: {} }, 'not a key')).rejects.toMatchObject({ code: 'bad_request' })
  })
})

test.each([
  ['mia@gmail.com', {}, true],
  ['mia@firm.example', { hd: 'firm.example' }, true],
  ['mia@firm.example', {}, false],
  ['mia@firm.example', { hd: 'other.example' }, false],
] as const)('Google is the authority for %s with %o: %s', async (email, more, authoritative) => {
  const { profile } = await signIn('google', { account: { sub: '1', email, email_verified: true, ...more } })
  expect(profile?.authoritative).toBe(authoritative)
})

test('an address that GitHub does not call confirmed is none, whatever the profile shows', async () => {
  const account = { id: 1, login: 'eve', email: 'mia@town.example' }
  const emails = [{ email: 'mia@town.example', primary: true, verified: false }]
  const { profile } = await signIn('github', { account, emails })
  expect(profile?.emailVerified).toBe(false)
})

test('an issuer that gives no address in the id token is asked for it, about the same account', async () => {
  const asks = (user: object) => ({
    account: { sub: 's1' },
    discovery: (document: { [name: string]: unknown }) => ({
      ...document,
      userinfo_endpoint: `${fake.issuer}/user`,
    }),
    user,
  })
  const { profile } = await signIn('oidc', asks({ ...standard }))
  expect(profile).toEqual({ subject: 's1', ...confirmed })
  await expect(signIn('oidc', asks({ ...standard, sub: 's2' }))).rejects.toThrow()
})
