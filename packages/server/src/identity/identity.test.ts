import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { homeOwner, openDatabase } from '../database/index.ts'
import { openLimits } from '../limits/index.ts'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { noSecondStep } from '../testing/identity.ts'
import {
  defaultLimits,
  type IdentityEvent,
  type IdentityOptions,
  type IdentityService,
  makeIdentity,
} from './index.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

const owner = () => ({ tenant: db.tenant, person: homeOwner })
const recorded: IdentityEvent[] = []
let now = Date.parse('2026-11-21T10:00:00Z')
beforeEach(() => {
  recorded.length = 0
})

const make = (over: Partial<IdentityOptions> = {}) =>
  makeIdentity({
    database: db.database,
    tenant: db.tenant,
    instance: 'home',
    passwordFile: '.env.secrets',
    adminPassword: () => 'open sesame',
    localToken: 'local',
    url: 'http://localhost:7777',
    limits: () => defaultLimits,
    limiter: openLimits({ pool: db.database.pool, now: () => now }),
    record: async (_transaction, _tenant, event) => void recorded.push(event),
    secondStep: noSecondStep,
    now: () => now,
    ...over,
  })

const arrival = { address: '127.0.0.1', userAgent: 'test', replaces: undefined }
const origin = { url: 'http://localhost:7777', secure: false, loopback: true }
/** By ADMIN_PASSWORD, where no second step comes between. */
async function signIn(
  ...[identity, given]: [IdentityService, Parameters<IdentityService['signInByPassword']>[0]]
) {
  const entered = await identity.signInByPassword(given)
  if ('half' in entered) throw new Error('a second step was asked for')
  return entered.session
}
const claim = (token: string) => ({
  cookie: `castellan_home=${token}`,
  authorization: undefined,
  origin,
  fromLoopback: true,
  address: '127.0.0.1',
})
const minute = 60_000

test('knows a session by its cookie and lists it', async () => {
  const identity = make()
  const { id, token } = await signIn(identity, { password: 'open sesame', ...arrival })
  expect(await identity.identify(claim(token))).toEqual({
    ...owner(),
    role: 'owner',
    principal: 'owner',
    via: 'session',
    sessionId: id,
    scopes: null,
  })
  expect((await identity.sessions.list(owner(), id)).find((session) => session.id === id)).toEqual({
    id,
    current: true,
    created_at: '2026-11-21T10:00:00.000Z',
    expires_at: '2026-11-21T18:00:00.000Z',
    last_seen_at: '2026-11-21T10:00:00.000Z',
    user_agent: 'test',
    address: '127.0.0.1',
    began_by: 'password',
  })
})

test('lasts as long as the owner wants, and eight hours at most', async () => {
  for (const [wanted, got] of [
    [1, 1],
    [8, 8],
    [100, 8],
  ] as const) {
    const identity = make({ limits: () => ({ ...defaultLimits, sessionMs: wanted * 60 * minute }) })
    const { id, ageMs } = await signIn(identity, { password: 'open sesame', ...arrival })
    expect(ageMs).toBe(got * 60 * minute)
    const session = (await identity.sessions.list(owner(), id)).find((s) => s.id === id)
    expect(session?.expires_at).toBe(new Date(now + ageMs).toISOString())
  }
})

test('notes once a minute that a session is used', async () => {
  const identity = make()
  const { id, token } = await signIn(identity, { password: 'open sesame', ...arrival })
  const begun = now
  const lastSeen = async () =>
    (await identity.sessions.list(owner(), id)).find((s) => s.id === id)?.last_seen_at
  now = begun + minute - 1
  await identity.identify(claim(token))
  expect(await lastSeen()).toBe(new Date(begun).toISOString())
  now = begun + minute
  await identity.identify(claim(token))
  expect(await lastSeen()).toBe(new Date(now).toISOString())
})

test('reports sign-ins, links, blocks and ends, and never a secret', async () => {
  const identity = make()
  const first = await signIn(identity, { password: 'open sesame', ...arrival })
  const { url } = await identity.makeLink()
  const token = url.split('#')[1] ?? ''
  const second = await identity.signInByLink({
    token,
    ...arrival,
    replaces: { ...owner(), sessionId: first.id },
  })
  await identity.sessions.end(owner(), second.id, { why: 'signed_out', by: 'owner' })
  for (let i = 0; i < 5; i++) {
    await expect(identity.checkPassword({ password: 'guess', address: '2001:db8::7' })).rejects.toThrow()
  }
  expect(recorded).toEqual([
    { kind: 'signed_in', by: 'password', session: first.id, person: homeOwner, address: '127.0.0.1' },
    { kind: 'link_made', expiresAt: new Date(now + 5 * minute) },
    { kind: 'session_ended', session: first.id, person: homeOwner, why: 'replaced' },
    { kind: 'signed_in', by: 'link', session: second.id, person: homeOwner, address: '127.0.0.1' },
    { kind: 'session_ended', session: second.id, person: homeOwner, why: 'signed_out' },
    {
      kind: 'address_blocked',
      address: '2001:db8:0:0::/64',
      failures: 5,
      until: new Date(now + 15 * minute),
    },
  ])
  for (const secret of [token, first.token, second.token, 'open sesame', 'guess']) {
    expect(JSON.stringify(recorded)).not.toContain(secret)
  }
})

test('begins no session, spends no link and ends nothing that cannot be recorded', async () => {
  const fine = make()
  const before = await fine.sessions.list(owner(), undefined)
  const { url } = await fine.makeLink()
  const link = { token: url.split('#')[1] ?? '', ...arrival }
  const record = () => Promise.reject(new Error('the ledger is out'))
  const broken = make({ record })
  await expect(broken.signInByPassword({ password: 'open sesame', ...arrival })).rejects.toThrow('ledger')
  await expect(broken.signInByLink(link)).rejects.toThrow('ledger')
  await expect(broken.makeLink()).rejects.toThrow('ledger')
  expect(await fine.sessions.list(owner(), undefined)).toEqual(before)
  const session = await fine.signInByLink(link)
  await expect(broken.sessions.end(owner(), session.id, { why: 'revoked', by: 'owner' })).rejects.toThrow(
    'ledger',
  )
  expect(await fine.identify(claim(session.token))).toBeDefined()
})

test('says that it cannot tell, rather than no, when the database is gone', async () => {
  const nowhere = openDatabase('postgres://castellan_app:x@127.0.0.1:9/none')
  const identity = make({ database: nowhere })
  await expect(identity.identify(claim('A'.repeat(43)))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  // What is no token of ours is not worth a question to it.
  for (const token of ['', 'x', 'A'.repeat(42), "' or 1=1 --"])
    expect(await identity.identify(claim(token))).toBeUndefined()
  await nowhere.close()
})

test('clears away sessions and links that ended long ago', async () => {
  const identity = make()
  await signIn(identity, { password: 'open sesame', ...arrival })
  await identity.makeLink()
  now += 9 * 24 * 60 * minute
  await signIn(identity, { password: 'open sesame', ...arrival })
  const superuser = await db.superuser()
  for (const [table, left] of [
    ['sessions', 1],
    ['signin_links', 0],
  ] as const) {
    const { rows } = await superuser.query(`select count(*)::int as n from castellan.${table}`)
    expect([table, rows[0].n]).toEqual([table, left])
  }
})
