/** Attack: try more often than one may, by naming other addresses, by coming at once, by the clock, or by one's own account. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { peerReader } from '../../packages/server/src/http/address.ts'
import { adminPassword, goodPassword, type Household, openHousehold } from './household.ts'

const proxies = ['10.0.0.1', '10.0.0.2', 'fd00:aa::/32']

let house: Household
beforeAll(async () => {
  house = await openHousehold({ trustedProxies: proxies })
  const owner = await house.signIn()
  await house.join(owner, { email: 'mia@example.com' })
  await house.join(owner, { email: 'lena@example.com' })
})
afterAll(() => house.close())

let peers = 0
const stranger = () => `198.18.${Math.floor(++peers / 250)}.${(peers % 250) + 1}`
const guess = (peer: string, headers: Record<string, string> = {}) =>
  house.ask('/auth/login', { password: 'a guess' }, { peer, headers })
const statusesOf = async (answers: Promise<Response>[]) =>
  (await Promise.all(answers)).map(({ status }) => status).toSorted()

describe('who a request comes from', () => {
  const read = peerReader(proxies)
  test.each<[string, string, string | undefined, string]>([
    ['a stranger who forwards', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['a stranger who names a proxy', '203.0.113.9', '10.0.0.1', '203.0.113.9'],
    ['this machine, which is no proxy', '127.0.0.1', '198.51.100.1', '127.0.0.1'],
    ['a client behind a proxy', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['a client who forwards something itself', '10.0.0.1', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['a client who claims to be a proxy', '10.0.0.1', '1.1.1.1, 10.0.0.2, 198.51.100.1', '198.51.100.1'],
    ['a client behind two proxies', '10.0.0.1', '198.51.100.1, 10.0.0.2', '198.51.100.1'],
    ['a client of a proxy that writes ports', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['an IPv6 client of such a proxy', '10.0.0.1', '[2001:db8::1]:4711', '2001:db8::1'],
    ['a bracketed client', '10.0.0.1', '[2001:db8::1]', '2001:db8::1'],
    ['an IPv4 client written as IPv6', '10.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['the same in hex', '10.0.0.1', '::FFFF:C633:6401', '198.51.100.1'],
    ['a proxy written as IPv6', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['a proxy of a range', 'fd00:aa::7', '198.51.100.1', '198.51.100.1'],
    ['a zone of a socket', 'fe80::1%eth0', undefined, 'fe80::1'],
    ['a zone in the header', '10.0.0.1', 'fe80::1%eth0', '10.0.0.1'],
    ['nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['an empty header', '10.0.0.1', '', '10.0.0.1'],
    ['words', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['words before an address', '10.0.0.1', 'evil, 198.51.100.1', '198.51.100.1'],
    ['words after an address', '10.0.0.1', '198.51.100.1, evil', '10.0.0.1'],
    ['an octal spelling', '10.0.0.1', '0306.063.0144.01', '10.0.0.1'],
    ['a short spelling', '10.0.0.1', '198.3368192', '10.0.0.1'],
    ['a port that is none', '10.0.0.1', '198.51.100.1:999999', '10.0.0.1'],
    ['thousands of hops', '10.0.0.1', `${'1.1.1.1, '.repeat(5_000)}198.51.100.1`, '198.51.100.1'],
    ['thousands of proxies', '10.0.0.1', `${'10.0.0.2, '.repeat(1_000)}10.0.0.2`, '10.0.0.2'],
  ])('%s', (_who, socket, header, expected) => {
    expect(read(socket, header).address).toBe(expected)
  })

  test('is this machine only when the connection is', () => {
    expect(read('10.0.0.1', '127.0.0.1').fromLoopback).toBe(false)
    expect(read('203.0.113.9', '127.0.0.1').fromLoopback).toBe(false)
    expect(read(undefined, '127.0.0.1')).toEqual({ address: 'unknown', fromLoopback: false })
  })

  test('is read from no other header', async () => {
    const names = ['forwarded', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip']
    const answers = names.flatMap((name) =>
      [1, 2, 3].map((n) =>
        guess('10.0.0.2', { [name]: name === 'forwarded' ? `for=192.0.2.${n}` : `192.0.2.${n}` }),
      ),
    )
    expect(await statusesOf(answers)).toEqual([...Array(5).fill(401), ...Array(10).fill(429)])
  })

  test.each(['0.0.0.0/0', '::/0', '10.0.0.0/33', '::ffff:10.0.0.0/104', '10.0.0.1/8/8', 'example.org', ''])(
    'is no question of trusting %s',
    (range) => expect(() => peerReader([range])).toThrow(TypeError),
  )
})

describe('guesses', () => {
  test('from another forwarded address each count as the stranger’s who sends them', async () => {
    const peer = stranger()
    const answers = Array.from({ length: 30 }, (_, n) => guess(peer, { 'x-forwarded-for': `192.0.2.${n}` }))
    expect(await statusesOf(answers)).toEqual([...Array(5).fill(401), ...Array(25).fill(429)])
  })

  test('from all over one IPv6 network count together, and do not block its neighbours', async () => {
    const all = Array.from({ length: 30 }, (_, n) => guess(`2001:db8:77:1:${n.toString(16)}::${n}`))
    expect(await statusesOf(all)).toEqual([...Array(5).fill(401), ...Array(25).fill(429)])
    expect((await guess('2001:db8:77:2::1')).status).toBe(401)
  })

  test('are no cheaper with a clock that was set back', async () => {
    const peer = stranger()
    for (let n = 0; n < 5; n++) await guess(peer)
    house.advance(-7_200_000)
    expect((await guess(peer)).status).toBe(429)
    house.advance(7_200_000)
    expect((await guess(peer)).status).toBe(429)
  })

  test('at ADMIN_PASSWORD are not forgiven by signing in as oneself in between', async () => {
    const peer = stranger()
    const statuses: number[] = []
    for (let round = 0; round < 4; round++) {
      statuses.push((await guess(peer)).status, (await guess(peer)).status)
      await house.ask('/auth/login', { email: 'mia@example.com', password: goodPassword }, { peer })
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
  })

  test('at others’ passwords neither', async () => {
    const peer = stranger()
    const statuses: number[] = []
    for (let n = 0; n < 8; n++) {
      const wrong = { email: 'lena@example.com', password: 'a guess' }
      statuses.push((await house.ask('/auth/login', wrong, { peer })).status)
      await house.ask('/auth/login', { email: 'mia@example.com', password: goodPassword }, { peer })
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
  })
})

describe('locking somebody out', () => {
  test('the owner cannot be: guesses at ADMIN_PASSWORD count against where they come from only', async () => {
    for (let n = 0; n < 10; n++) {
      const peer = stranger()
      for (let each = 0; each < 5; each++) await guess(peer)
    }
    const answer = await house.ask('/auth/login', { password: adminPassword }, { peer: stranger() })
    expect(answer.status).toBe(200)
  })

  test('a member’s password rests for a while, and the owner is not touched by it', async () => {
    const login = (given: string) =>
      house.ask('/auth/login', { email: 'lena@example.com', password: given }, { peer: stranger() })
    for (let n = 0; n < 25; n++) await login('a guess')
    expect((await login(goodPassword)).status).toBe(429)
    expect((await house.ask('/auth/login', { password: adminPassword }, { peer: stranger() })).status).toBe(
      200,
    )
    house.advance(900_000)
    expect((await login(goodPassword)).status).toBe(200)
  })
})
