/** Attack: guess ADMIN_PASSWORD, many at once, from many addresses, or by pretending to be somebody else. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { defaultLimits } from '../../packages/server/src/identity/index.ts'
import { type House, openHouse, password } from './house.ts'

let house: House
beforeAll(async () => {
  house = await openHouse({ trustedProxies: ['10.0.0.0/8'] })
})
afterAll(() => house.close())
beforeEach(() => {
  house.settings.limits = { ...defaultLimits, authBurst: 1e9 }
  house.recorded.length = 0
})

let nextHost = 0
const freshPeer = () => `203.0.113.${++nextHost}`
const guess = (peer: string, given = 'wrong', headers: Record<string, string> = {}) =>
  house.post('/auth/login', { password: given }, { peer, headers })
const statuses = async (answers: Promise<Response>[]) =>
  (await Promise.all(answers)).map((a) => a.status).sort()

describe('wrong passwords from one address', () => {
  test('block it after five, and then not even the right one is looked at', async () => {
    const peer = freshPeer()
    for (let left = 4; left >= 0; left--) {
      const answer = await guess(peer)
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({
        error: { code: 'wrong_password', details: { attemptsLeft: left } },
      })
    }
    const blocked = await guess(peer, password)
    expect(blocked.status).toBe(429)
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(890)
    expect(Number(blocked.headers.get('retry-after'))).toBeLessThanOrEqual(900)
    expect(blocked.headers.get('set-cookie')).toBeNull()
    expect(house.recorded).toMatchObject([{ kind: 'address_blocked', address: peer, failures: 5 }])
    expect((await guess(freshPeer(), password)).status).toBe(200)
  })

  test('are evaluated five times at most when a hundred come at once', async () => {
    const peer = freshPeer()
    const answers = await statuses(Array.from({ length: 100 }, () => guess(peer)))
    expect(answers).toEqual([...Array(5).fill(401), ...Array(95).fill(429)])
    expect(house.recorded).toHaveLength(1)
  })

  test('do not get the right one in behind a crowd', async () => {
    const peer = freshPeer()
    await statuses(Array.from({ length: 20 }, () => guess(peer)))
    expect(await statuses(Array.from({ length: 20 }, () => guess(peer, password)))).toEqual(
      Array(20).fill(429),
    )
  })

  test('count for the second factor as well', async () => {
    const peer = freshPeer()
    const check = (given: string) => house.identity.checkPassword({ password: given, address: peer })
    await expect(check(password)).resolves.toBeUndefined()
    for (let i = 0; i < 3; i++) await expect(check('wrong')).rejects.toMatchObject({ code: 'wrong_password' })
    await guess(peer)
    await guess(peer)
    await expect(check(password)).rejects.toMatchObject({ code: 'too_many_attempts' })
  })

  test('block for fifteen minutes, which more attempts do not prolong, and start anew then', async () => {
    const peer = freshPeer()
    for (let i = 0; i < 5; i++) await guess(peer)
    house.advance(600_000)
    expect((await guess(peer)).status).toBe(429)
    house.advance(299_000)
    expect((await guess(peer, password)).status).toBe(429)
    house.advance(2_000)
    for (let i = 0; i < 5; i++) expect((await guess(peer)).status).toBe(401)
    expect((await guess(peer, password)).status).toBe(429)
  })

  test('are forgiven by the right one, and forgotten after a quiet quarter of an hour', async () => {
    const peer = freshPeer()
    for (let i = 0; i < 4; i++) await guess(peer)
    expect((await guess(peer, password)).status).toBe(200)
    for (let i = 0; i < 4; i++) expect((await guess(peer)).status).toBe(401)
    house.advance(900_001)
    for (let i = 0; i < 4; i++) expect((await guess(peer)).status).toBe(401)
    expect((await guess(peer, password)).status).toBe(200)
  })

  test('follow limits that the owner changes while it runs', async () => {
    const peer = freshPeer()
    house.settings.limits = { ...house.settings.limits, failures: 2, blockMs: 60_000 }
    expect(await statuses([guess(peer), guess(peer), guess(peer)])).toEqual([401, 401, 429])
    house.settings.limits = { ...house.settings.limits, blockMs: 1_000 }
    house.advance(1_001)
    expect((await guess(peer, password)).status).toBe(200)
  })
})

describe('another address', () => {
  test('is not had by an X-Forwarded-For of one’s own making', async () => {
    const peer = freshPeer()
    for (let i = 0; i < 5; i++) await guess(peer, 'wrong', { 'x-forwarded-for': `198.51.100.${i}` })
    for (const name of [
      'x-forwarded-for',
      'forwarded',
      'x-real-ip',
      'client-ip',
      'cf-connecting-ip',
      'true-client-ip',
    ]) {
      expect((await guess(peer, password, { [name]: '127.0.0.1' })).status).toBe(429)
    }
  })

  test('is not had by words in front of what a trusted proxy appends', async () => {
    const client = freshPeer()
    for (let i = 0; i < 5; i++)
      await guess('10.1.2.3', 'wrong', { 'x-forwarded-for': `198.51.100.${i}, ${client}` })
    expect(
      (await guess('10.1.2.3', password, { 'x-forwarded-for': `198.51.100.99, ${client}` })).status,
    ).toBe(429)
    expect((await guess('10.1.2.3', password, { 'x-forwarded-for': `${client}, 10.9.9.9` })).status).toBe(429)
    expect((await guess('10.1.2.3', password, { 'x-forwarded-for': freshPeer() })).status).toBe(200)
  })

  test('is the proxy’s own when what it forwards is no address', async () => {
    for (const nonsense of ['', 'unknown', '1.2.3', '0x7f.1', '203.0.113.7:1234', '::1%eth0', ', ,']) {
      const answer = await house.send('/api/whoami', { headers: { cookie: await house.signIn() } })
      expect(await answer.json()).toMatchObject({ address: '127.0.0.1' })
      await guess('10.7.7.7', 'wrong', { 'x-forwarded-for': nonsense })
    }
    expect((await guess('10.7.7.7', password)).status).toBe(429)
  })

  test('is not had by moving through one’s IPv6 network', async () => {
    for (let i = 1; i <= 5; i++) await guess(`2001:db8:1:2:${i}::${i}`)
    expect((await guess('2001:db8:1:2:ffff:ffff:ffff:ffff', password)).status).toBe(429)
    expect((await guess('2001:db8:1:2::', password)).status).toBe(429)
    expect((await guess('2001:db8:1:3::1', password)).status).toBe(200)
  })

  test('is not had by writing an IPv4 address as IPv6', async () => {
    const peer = freshPeer()
    for (let i = 0; i < 5; i++) await guess(i % 2 === 0 ? peer : `::ffff:${peer}`)
    expect((await guess(`::ffff:${peer}`, password)).status).toBe(429)
    expect((await guess(peer, password)).status).toBe(429)
  })

  test('is one for all whose socket names none', async () => {
    for (let i = 0; i < 5; i++) await guess(i % 2 === 0 ? '' : 'nonsense')
    expect((await guess('', password)).status).toBe(429)
  })
})

test('lets nobody in while ADMIN_PASSWORD is unset, whatever they hold', async () => {
  const bare = await openHouse()
  const cookie = await bare.signIn()
  const link = (await bare.identity.makeLink()).url.split('#')[1]
  for (const unset of [undefined, '']) {
    bare.settings.password = unset
    for (const given of ['x', 'undefined', 'null', password]) {
      const answer = await bare.post('/auth/login', { password: given })
      expect(answer.status).toBe(503)
      expect(await answer.json()).toMatchObject({ error: { code: 'no_admin_password' } })
    }
    expect((await bare.post('/auth/link', { token: link })).status).toBe(503)
    expect((await bare.post('/auth/login', { password: '' })).status).toBe(400)
    await expect(bare.identity.checkPassword({ password: 'x', address: '127.0.0.1' })).rejects.toMatchObject({
      code: 'no_admin_password',
    })
    expect((await bare.send('/api/things', { headers: { cookie } })).status).toBe(401)
    const state = await (await bare.send('/auth/state', { headers: { cookie } })).json()
    expect(state).toEqual({
      signed_in: false,
      password_set: false,
      password_open: true,
      providers: [],
      instance: 'home',
      second_step: false,
      password_file: '.env.secrets',
      you: null,
    })
  }
  await bare.close()
})

test('takes only the password itself, not something that converts to it', async () => {
  for (const given of [
    [password],
    { toString: password },
    null,
    5,
    true,
    `${password} `,
    password.toUpperCase(),
    'x'.repeat(2_000),
  ]) {
    expect([400, 401]).toContain((await guess(freshPeer(), given as string)).status)
  }
})

describe('knocking at /auth', () => {
  test('is answered six times at once, then once in two seconds', async () => {
    house.settings.limits = defaultLimits
    const peer = freshPeer()
    const knock = () => house.send('/auth/state', { peer })
    expect(await statuses(Array.from({ length: 10 }, knock))).toEqual([
      ...Array(6).fill(200),
      ...Array(4).fill(429),
    ])
    expect((await knock()).headers.get('retry-after')).toBe('2')
    house.advance(2_000)
    expect(await statuses([knock(), knock()])).toEqual([200, 429])
    house.advance(60_000)
    expect(await statuses(Array.from({ length: 7 }, knock))).toEqual([...Array(6).fill(200), 429])
    expect((await house.send('/auth/state', { peer: freshPeer() })).status).toBe(200)
  })

  test('is counted over all doors together, before a password is looked at', async () => {
    house.settings.limits = defaultLimits
    const peer = freshPeer()
    for (let i = 0; i < 6; i++) await house.post('/auth/link', { token: 'x' }, { peer })
    expect((await guess(peer, password)).status).toBe(429)
  })
})
