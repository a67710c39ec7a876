/**
 * Attack: a token of one kind is shown at the door of another. Every kind there is, of the owner, good for everything it can
 * be good for, at every kind of door of a real `castellan up`.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  NewCaller,
  NewPairing,
  NewPersonalToken,
  PairingStatus,
  scopes,
  TokenAnswer,
} from '@castellan/contracts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Instance, makeInstance, showWhenFailed } from '../e2e/instance.ts'
import { newDevice, spendCode, tokenBody } from '../fakes/device.ts'
import { cookieOf } from './house.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const metricsToken = 'a-token-for-metrics-alone'
let house: Instance
let tokens: Readonly<Record<string, string>>
showWhenFailed(() => house)
beforeAll(async () => {
  house = await makeInstance()
  await writeFile(join(house.directory, '.env.local'), `METRICS_TOKEN='${metricsToken}'\n`, { mode: 0o600 })
  await house.start()
  tokens = await everyKind()
})
afterAll(() => house?.close())

/** What the command line comes with. */
function localToken(): string {
  const { token } = JSON.parse(readFileSync(join(house.directory, 'run/server.json'), 'utf8')) as {
    token: string
  }
  return token
}

const json = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(house.url + path, {
    method: 'POST',
    headers: { origin: house.url, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

async function everyKind(): Promise<Record<string, string>> {
  const { client } = house
  const everything = { name: 'all', scopes: [...scopes] }
  const personal = await client.send('POST', '/api/tokens', everything, NewPersonalToken)
  const wanted = { name: 'p', namespace: 'n', models: ['light', 'medium', 'heavy'] }
  const caller = await client.send('POST', '/api/callers', wanted, NewCaller)
  const session = cookieOf(await json('/auth/link', { token: new URL(house.link).hash.slice(1) }))
  const app = await signInApp(session)
  return {
    local: localToken(),
    session: session.slice(session.indexOf('=') + 1),
    personal: personal.token,
    caller: caller.token,
    access: app.access_token,
    refresh: app.refresh_token,
    device: await pairDevice(),
    metrics: metricsToken,
  }
}

async function signInApp(cookie: string): Promise<TokenAnswer> {
  const redirect_uri = 'com.example.notes:/callback'
  const register = { id: 'notes', name: 'Notes', redirect_uris: [redirect_uri] }
  await json('/api/clients', register, { authorization: `Bearer ${localToken()}` })
  const code_verifier = randomBytes(32).toString('base64url')
  const code_challenge = createHash('sha256').update(code_verifier).digest('base64url')
  const request = {
    ...{ response_type: 'code', client_id: 'notes', redirect_uri, scope: scopes.join(' ') },
    ...{ code_challenge, code_challenge_method: 'S256' },
  }
  const said = await json('/api/authorize', { request, allow: true }, { cookie })
  const { redirect } = (await said.json()) as { redirect: string }
  const code = new URLSearchParams(redirect.split('?')[1]).get('code')
  const exchange = { grant_type: 'authorization_code', client_id: 'notes', redirect_uri, code, code_verifier }
  return TokenAnswer.parse(await (await json('/auth/token', exchange)).json())
}

async function pairDevice(): Promise<string> {
  const device = newDevice()
  const made = await house.client.send('POST', '/api/pairings', {}, NewPairing)
  const commitment = made.url?.split('.').at(-1) ?? ''
  const { phrase } = await spendCode(device, json, { ...made, commitment, server: house.url })
  await json(`/api/pairings/${made.id}/confirm`, { phrase }, { authorization: `Bearer ${localToken()}` })
  const { device: id } = PairingStatus.parse(
    await (await json('/auth/pair/status', { pairing: made.id })).json(),
  )
  const { nonce } = (await (await json('/auth/device/nonce', {})).json()) as { nonce: string }
  const proof = tokenBody(device, { server: house.url, id: id ?? '', nonce })
  return ((await (await json('/auth/device/token', proof)).json()) as { access_token: string }).access_token
}

/** The doors, and which kinds each of them is for. */
const doors: readonly (readonly [what: string, method: string, path: string, opens: readonly string[]])[] = [
  ['a room of everybody’s', 'GET', '/api/conversations', ['local', 'personal', 'access', 'device']],
  ['live events', 'GET', '/api/events', ['local', 'personal', 'access', 'device']],
  ['one’s account', 'GET', '/api/tokens', ['local']],
  ['the owner’s rooms', 'GET', '/api/ledger', ['local']],
  ['the vault', 'GET', '/api/secrets', ['local']],
  ['the people', 'GET', '/api/people', ['local']],
  ['the owner’s tables', 'POST', '/graphql', ['local', 'personal', 'access', 'device']],
  ['the models', 'GET', '/v1/models', ['caller']],
  ['the metrics', 'GET', '/metrics', ['metrics']],
  ['the house’s own calls', 'POST', '/internal/graphql/tables', []],
]

async function knock(
  method: string,
  path: string,
  headers: NonNullable<RequestInit['headers']>,
): Promise<number> {
  const all = new Headers(headers)
  if (method === 'POST') all.set('content-type', 'application/json')
  const body = method === 'POST' ? { body: JSON.stringify({ query: '{ role }' }) } : {}
  const answer = await fetch(house.url + path, { method, headers: all, ...body })
  await answer.body?.cancel()
  return answer.status
}

test.each(doors)(
  '%s: each kind of token opens what it is for, and nothing else',
  async (_what, method, path, opens) => {
    const shown: Record<string, number> = {}
    const expected: Record<string, string> = {}
    for (const [kind, token] of Object.entries(tokens)) {
      shown[kind] = await knock(method, path, { authorization: `Bearer ${token}` })
      expected[kind] = opens.includes(kind) ? 'in' : 'out'
    }
    const read = Object.fromEntries(
      Object.entries(shown).map(([kind, status]) => [
        kind,
        status === 200 ? 'in' : [401, 403, 404, 429].includes(status) ? 'out' : `${status}`,
      ]),
    )
    expect(read).toEqual(expected)
  },
)

test('no door takes the right token twice, beside another, as a cookie or from the address', async () => {
  for (const [, method, path, opens] of doors) {
    const [kind = ''] = opens
    const token = tokens[kind] ?? ''
    if (token === '') continue
    const other = tokens['refresh'] ?? ''
    const twice: NonNullable<RequestInit['headers']>[] = [
      [
        ['authorization', `Bearer ${token}`],
        ['authorization', `Bearer ${token}`],
      ],
      [
        ['authorization', `Bearer ${token}`],
        ['authorization', `Bearer ${other}`],
      ],
      [
        ['authorization', `Bearer ${other}`],
        ['authorization', `Bearer ${token}`],
      ],
      { cookie: `castellan=${token}` },
      { authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` },
    ]
    for (const headers of twice)
      expect([path, headers, await knock(method, path, headers)]).not.toContain(200)
    expect(await knock(method, `${path}?access_token=${token}&token=${token}`, {})).not.toBe(200)
  }
})

test('/auth/token gives nothing for another kind of token, and no refresh token is spent by being shown elsewhere', async () => {
  // Whoever is known does not wait at this door.
  const known = { authorization: `Bearer ${tokens['local']}` }
  for (const [kind, token] of Object.entries(tokens)) {
    if (kind === 'refresh') continue
    const given = {
      grant_type: 'refresh_token',
      client_id: 'notes',
      refresh_token: token,
    }
    const answer = await json('/auth/token', given, known)
    expect([kind, answer.status]).toEqual([kind, 400])
  }
  const good = { grant_type: 'refresh_token', client_id: 'notes', refresh_token: tokens['refresh'] }
  expect((await json('/auth/token', good, known)).status).toBe(200)
})
