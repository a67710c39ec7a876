/** Attack: learn who has an account by signing in, by its words or its time, or guess a password from many addresses. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { goodPassword, type Household, openHousehold, refusalOf } from './household.ts'

let house: Household
let owner: string
let closed: string
beforeAll(async () => {
  house = await openHousehold({ trustedProxies: ['10.0.0.1'] })
  owner = await house.signIn()
  await house.join(owner, { email: 'mia@example.com' })
  await house.join(owner, { email: 'lena@example.com' })
  closed = (await house.join(owner, { email: 'closed@example.com' })).id
  await house.ask(`/api/people/${closed}`, { disabled: true }, { cookie: owner, method: 'PATCH' })
  await house.join(owner, { email: 'bare@example.com' })
  const superuser = await house.db.superuser()
  await superuser.query(`update castellan.people set password = null where email_key = 'bare@example.com'`)
})
afterAll(() => house.close())

let peers = 0
/** An address that nobody came from yet. */
const stranger = () => `198.18.${Math.floor(++peers / 250)}.${(peers % 250) + 1}`
const login = (email: string, password: string, peer = stranger()) =>
  house.ask('/auth/login', { email, password }, { peer })

test('says the same for nobody, a wrong password, a closed account and one without a password', async () => {
  const answers = []
  for (const [email, password] of [
    ['nobody@example.com', goodPassword],
    ['mia@example.com', 'not the password'],
    ['closed@example.com', goodPassword],
    ['bare@example.com', ''],
    ['bare@example.com', goodPassword],
  ] as const) {
    const answer = await login(email, password === '' ? ' ' : password)
    answers.push([answer.status, await answer.text()])
  }
  for (const answer of answers) expect(answer).toEqual(answers[0])
  expect(answers[0]?.[0]).toBe(401)
  expect((await login('mia@example.com', goodPassword)).status).toBe(200)
})

test('takes as long for nobody as for somebody', async () => {
  const emails = ['nobody', 'mia', 'closed', 'bare'] as const
  const times = new Map<string, number[]>(emails.map((email) => [email, []]))
  // One after the other and mixed, so that whatever else the machine does falls on all alike.
  for (let round = 0; round < 8; round++)
    for (const email of emails) {
      const from = performance.now()
      await login(`${email}${email === 'nobody' ? round : ''}@example.com`, 'not the password')
      times.get(email)?.push(performance.now() - from)
    }
  const median = (email: string) => times.get(email)?.toSorted((a, b) => a - b)[4] ?? 0
  // Without the hash of nobody the ratio is above ten.
  for (const email of emails) {
    expect(median(email) / median('mia')).toBeGreaterThan(0.5)
    expect(median(email) / median('mia')).toBeLessThan(2)
  }
})

test('counts failures by account too, from however many addresses, and for nobody just the same', async () => {
  for (const email of ['lena@example.com', 'nobody-else@example.com']) {
    const seen = []
    for (let i = 0; i < 21; i++) seen.push((await login(email, 'not the password')).status)
    expect([email, seen.indexOf(429)]).toEqual([email, 20])
    expect(await refusalOf(login(email, goodPassword))).toBe('429 too_many_attempts')
  }
  house.advance(16 * 60_000)
  expect((await login('lena@example.com', goodPassword)).status).toBe(200)
})

test('writes down that an address or an account was blocked, for nobody just the same', async () => {
  const before = house.recorded.length
  const given = { email: 'no-such-person@example.com', password: 'wrong' }
  for (let at = 0; at < 20; at++)
    await house.ask('/auth/login', given, { peer: `10.7.${Math.floor(at / 5)}.1` })
  const kinds = house.recorded.slice(before).map(({ kind }) => kind)
  expect(kinds).toEqual([...Array(4).fill('address_blocked'), 'account_blocked'])
})

test('counts spellings of one address as one account', async () => {
  const spellings = ['spell@example.com', 'SPELL@example.com', 'ｓｐｅｌｌ@example.com', 'spell@EXAMPLE.com']
  const seen = []
  for (let i = 0; i < 21; i++) seen.push((await login(spellings[i % 4] ?? '', 'not the password')).status)
  expect(seen.indexOf(429)).toBe(20)
})

test('believes X-Forwarded-For from the configured proxy alone', async () => {
  const guess = (peer: string, forwarded: string) =>
    house.ask(
      '/auth/login',
      { email: 'xff@example.com', password: 'x' },
      { peer, headers: { 'x-forwarded-for': forwarded } },
    )
  // A stranger who names another address with every try is still one address.
  const seen = []
  for (let i = 0; i < 6; i++) seen.push((await guess('203.0.113.50', `192.0.2.${i}`)).status)
  expect(seen).toEqual([401, 401, 401, 401, 401, 429])
  // Through the proxy the last hop counts, and what the sender wrote before it does not.
  const through = []
  for (let i = 0; i < 6; i++) through.push((await guess('10.0.0.1', `192.0.2.${i}, 203.0.113.51`)).status)
  expect(through).toEqual([401, 401, 401, 401, 401, 429])
})

test('lets a member in by no password of the house, and the owner by no address', async () => {
  expect((await login('mia@example.com', 'open sesame')).status).toBe(401)
  expect((await house.ask('/auth/login', { password: goodPassword }, { peer: stranger() })).status).toBe(401)
  for (const body of [
    { email: ['mia@example.com'], password: goodPassword },
    { email: { $ne: '' }, password: goodPassword },
    { email: 'mia@example.com', password: goodPassword, role: 'owner' },
    { email: 'mia@example.com', password: goodPassword, person: closed },
    { email: '', password: 'open sesame' },
    { email: null, password: 'open sesame' },
  ])
    expect((await house.ask('/auth/login', body, { peer: stranger() })).status).toBe(400)
})

test('makes an old hash anew when its person signs in', async () => {
  const superuser = await house.db.superuser()
  const old = '$argon2id$v=19$m=1024,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$'
  const { argon2Sync } = await import('node:crypto')
  const nonce = Buffer.from('0123456789abcdef')
  const tag = argon2Sync('argon2id', {
    message: goodPassword,
    nonce,
    parallelism: 1,
    tagLength: 32,
    memory: 1024,
    passes: 1,
  })
  const stored = old + Buffer.from(tag).toString('base64').replace(/=+$/, '')
  await superuser.query(`update castellan.people set password = $1 where email_key = 'mia@example.com'`, [
    stored,
  ])
  expect((await login('mia@example.com', goodPassword)).status).toBe(200)
  const { rows } = await superuser.query(
    `select password from castellan.people where email_key = 'mia@example.com'`,
  )
  expect(rows[0].password).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=1\$/)
  expect((await login('mia@example.com', goodPassword)).status).toBe(200)
})
