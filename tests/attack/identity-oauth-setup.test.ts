/** Attack: have a client secret shown or sent elsewhere, let oneself in by how a provider is set up, or come by a side door. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { homeTenant } from '../../packages/server/src/database/index.ts'
import { codeAt } from '../../packages/server/src/factors/totp.ts'
import { endAccess } from '../../packages/server/src/providers/index.ts'
import { clientId, clientSecret, type FakeProvider, startProvider } from '../fakes/provider.ts'
import { type Browser, location, type OauthHouse, openOauthHouse } from './oauth-house.ts'

let house: OauthHouse
let provider: FakeProvider
let owner: Browser
let fresh = true

beforeAll(async () => {
  provider = await startProvider({ account: { sub: 'one' } })
  house = await openOauthHouse({
    requireFresh: async () => {
      if (!fresh) throw new Error('not fresh')
    },
  })
  owner = house.browser()
  await owner.signIn()
})
beforeEach(async () => {
  fresh = true
  provider.script({})
  await owner.post('/api/providers/own', {}, 'DELETE')
  expect((await owner.post('/api/providers', own())).status).toBe(201)
})
afterAll(async () => {
  await house.close()
  await provider.close()
})

const own = (over: object = {}) => ({
  ...{ kind: 'oidc', name: 'own', client_id: clientId, client_secret: clientSecret },
  fields: { issuer: provider.issuer },
  ...over,
})
const list = async (browser = owner) => (await browser.send('/api/providers')).text()

async function signInAs(sub: string, browser: Browser): Promise<string> {
  provider.script({ account: { sub } })
  const back = await provider.visit(location(await browser.send('/auth/providers/own/start')))
  return location(await browser.send(back.pathname + back.search))
}

test('the secret is in no answer, no table in plain, and in nothing that is recorded', async () => {
  expect(await list()).not.toContain(clientSecret)
  const superuser = await house.db.superuser()
  for (const table of ['providers', 'secrets', 'ledger_bodies', 'ledger']) {
    const { rows } = await superuser.query(`select row_to_json(t)::text as row from castellan.${table} t`)
    expect(rows.length).toBeGreaterThan(0)
    for (const { row } of rows) expect(row).not.toContain(clientSecret)
  }
})

test('an issuer that is changed does not get the secret of the old one', async () => {
  const thief = await startProvider({ account: {} })
  const fields = { issuer: thief.issuer }
  expect((await owner.post('/api/providers/own', { fields }, 'PATCH')).status).toBe(400)
  expect(await list()).toContain(provider.issuer)
  // With a new secret it may move; the old one is gone by then.
  const moved = { fields, client_secret: 'a-secret-for-the-new-one' }
  expect((await owner.post('/api/providers/own', moved, 'PATCH')).status).toBe(200)
  await owner.post('/api/providers/own/test', {})
  expect(thief.tokenRequests.map(({ form }) => form.get('client_secret'))).toEqual([
    'a-secret-for-the-new-one',
  ])
  await thief.close()
})

test.each([
  ['POST', '/api/providers'],
  ['PATCH', '/api/providers/own'],
  ['DELETE', '/api/providers/own'],
])('%s %s needs a factor shown a moment ago', async (method, path) => {
  const before = await list()
  fresh = false
  expect((await owner.post(path, { ...own({ name: 'more' }) }, method)).status).toBe(500)
  expect(await list()).toBe(before)
})

test('nobody but the owner sees or changes what is set up', async () => {
  const mia = await house.person({})
  await house.connected(mia, { issuer: provider.issuer, subject: 'mia', provider: 'own' })
  const browser = house.browser()
  expect(await signInAs('mia', browser)).toBe('/')
  for (const [method, path] of [
    ['GET', '/api/providers'],
    ['POST', '/api/providers'],
    ['PATCH', '/api/providers/own'],
    ['DELETE', '/api/providers/own'],
    ['POST', '/api/providers/own/test'],
  ] as const) {
    const answer = method === 'GET' ? await browser.send(path) : await browser.post(path, own(), method)
    expect([method, path, answer.status]).toEqual([method, path, 403])
  }
})

describe('is refused', () => {
  const bad: Record<string, object> = {
    'an issuer without TLS elsewhere': { fields: { issuer: 'http://id.example.org' } },
    'an issuer in a private network without TLS': { fields: { issuer: 'http://192.168.1.1' } },
    'an issuer with credentials': { fields: { issuer: 'https://a:b@id.example.org' } },
    'an issuer with a query': { fields: { issuer: 'https://id.example.org/?x=1' } },
    'an issuer that is a file': { fields: { issuer: 'file:///etc/passwd' } },
    'an issuer that is none': { fields: { issuer: '' } },
    'a setting that is not known': {
      fields: { issuer: 'https://id.example.org', token_endpoint: 'https://x.example' },
    },
    'a kind that is not known': { kind: 'evil' },
    'a name that is a path': { name: '../login' },
    'a Microsoft directory that leads elsewhere': { kind: 'microsoft', fields: { tenant: 'x/../../evil' } },
    'everybody of GitHub': { kind: 'github', fields: {}, join: 'everyone' },
    'everybody of gitlab.com': { kind: 'gitlab', fields: {}, join: 'everyone' },
    'a domain at a provider that confirms none': {
      kind: 'facebook',
      fields: {},
      join: 'domains',
      domains: ['a.example'],
    },
    'domains, but none': { join: 'domains' },
    'a key for Apple that is none': {
      kind: 'apple',
      fields: { team_id: 'TEAM123456', key_id: 'KEY1234567' },
    },
  }
  test.each(Object.entries(bad))('%s', async (_, over) => {
    expect((await owner.post('/api/providers', own({ name: 'bad', ...over }))).status).toBe(400)
    expect(await list()).not.toContain('"bad"')
  })

  test('a second one of the same name', async () => {
    expect((await owner.post('/api/providers', own({ client_id: 'other' }))).status).toBe(409)
    expect(await list()).not.toContain('"other"')
  })
})

test('one that rests, or is gone, lets nobody in: not even who is on the way', async () => {
  const mia = await house.person({})
  await house.connected(mia, { issuer: provider.issuer, subject: 'resting', provider: 'own' })
  provider.script({ account: { sub: 'resting' } })
  for (const end of [
    () => owner.post('/api/providers/own', { enabled: false }, 'PATCH'),
    () => owner.post('/api/providers/own', {}, 'DELETE'),
  ]) {
    const browser = house.browser()
    await owner.post('/api/providers/own', { enabled: true }, 'PATCH')
    const back = await provider.visit(location(await browser.send('/auth/providers/own/start')))
    await end()
    expect(location(await browser.send(back.pathname + back.search))).toContain('problem=failed')
    expect(location(await browser.send('/auth/providers/own/start'))).toContain('problem=unavailable')
    expect(await browser.me()).toBeUndefined()
  }
})

test('who has a second factor is asked for it after a provider as after a password', async () => {
  const mia = await house.person({})
  await house.connected(mia, { issuer: provider.issuer, subject: 'careful', provider: 'own' })
  const first = house.browser()
  expect(await signInAs('careful', first)).toBe('/')
  expect(await first.me()).toBe(mia)
  const { secret } = (await (await first.post('/api/account/totp', {})).json()) as { secret: string }
  const confirm = { code: codeAt(secret, house.now()) }
  expect((await first.post('/api/account/totp/confirm', confirm)).status).toBe(200)
  const browser = house.browser()
  expect(await signInAs('careful', browser)).toBe('/')
  expect(await browser.me()).toBeUndefined()
  expect([...browser.cookies.keys()]).toEqual(['castellan_home_step'])
  // The code that enrolled is used up.
  expect((await browser.post('/auth/second', confirm)).status).toBe(401)
  expect(await browser.me()).toBeUndefined()
  house.advance(30_000)
  expect((await browser.post('/auth/second', { code: codeAt(secret, house.now()) })).status).toBe(200)
  expect(await browser.me()).toBe(mia)
})

test('an account that somebody connected to a stolen one ends when that is taken back', async () => {
  const [mia, ada] = [await house.person({ password: 'a hash' }), await house.person({})]
  await house.connected(mia, { issuer: provider.issuer, subject: 'eves', provider: 'own' })
  await house.connected(ada, { issuer: provider.issuer, subject: 'adas', provider: 'own' })
  const handle = house.providers.database.as(homeTenant)
  for (const person of [mia, ada])
    await handle
      .transaction()
      .execute((transaction) => endAccess(house.providers, transaction, { tenant: homeTenant, person }))
  expect(await signInAs('eves', house.browser())).toContain('problem=unknown')
  // Who has nothing else keeps theirs: they could not come back.
  expect(await signInAs('adas', house.browser())).toBe('/')
})
