/** One-time and recovery codes guessed, replayed, raced and taken over. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { homeOwner } from '../../packages/server/src/database/index.ts'
import { codeAt } from '../../packages/server/src/factors/totp.ts'
import { type Browser, type FactorHouse, minute, openFactorHouse, password } from './factor-house.ts'

let house: FactorHouse
let owner: Browser
let secret: string
let codes: string[]
beforeAll(async () => {
  house = await openFactorHouse()
})
afterAll(() => house.close())
beforeEach(async () => {
  await house.reset()
  owner = house.browser()
  await owner.signIn()
  ;({ secret, codes } = await owner.enrol(house.now()))
  house.advance(minute)
})

const code = (steps = 0) => codeAt(secret, house.now() + steps * 30_000)
const wrong = () => String((Number(code()) + 1) % 1_000_000).padStart(6, '0')
/** A browser that is past the password. */
async function half(): Promise<Browser> {
  const visitor = house.browser()
  await visitor.signIn()
  return visitor
}
const second = async (given: object, visitor?: Browser) =>
  (visitor ?? (await half())).code('POST', '/auth/second', given)

test('the password alone signs nobody in, and says no more than that a second step is due', async () => {
  const visitor = house.browser()
  const { status, body } = await visitor.signIn()
  expect([status, body]).toMatchObject([200, { signed_in: false, second_step: true, you: null }])
  expect(visitor.cookie).toMatch(/^castellan_home_step=[\w-]{43}$/)
  expect(await visitor.code('GET', '/api/account/factors')).toBe('not_signed_in')
  expect(await visitor.code('POST', '/auth/second', { code: code() })).toBe(200)
  expect(visitor.cookie).toMatch(/^castellan_home=[\w-]{43}$/)
  expect((await visitor.factors()).fresh?.factor).toBe('totp')
})

test('a code counts one step to either side, and not two', async () => {
  for (const [steps, answer] of [
    [-2, 'wrong_code'],
    [-1, 200],
    [2, 'wrong_code'],
    [1, 200],
  ] as const) {
    expect([steps, await second({ code: code(steps) })]).toEqual([steps, answer])
  }
})

test('a code counts once: not again, nor an older one after it, nor after a restart', async () => {
  const [now, before] = [code(), code(-1)]
  expect(await second({ code: now })).toBe(200)
  house.restart()
  expect(await second({ code: now })).toBe('wrong_code')
  expect(await second({ code: before })).toBe('wrong_code')
  expect(await owner.code('POST', '/auth/step-up', { code: now })).toBe('wrong_code')
  house.advance(30_000)
  expect(await second({ code: code() })).toBe(200)
})

test('the code that enrolled is spent by that', async () => {
  await house.reset()
  await owner.signIn()
  const enrolled = await owner.enrol(house.now())
  expect(await second({ code: codeAt(enrolled.secret, house.now()) })).toBe('wrong_code')
})

test('of many who come with the same code at once, one gets in', async () => {
  const visitors = await Promise.all(Array.from({ length: 4 }, half))
  const given = { code: code() }
  const answers = await Promise.all(visitors.map((visitor) => visitor.code('POST', '/auth/second', given)))
  expect(answers.filter((each) => each === 200)).toHaveLength(1)
})

test('a half sign-in begins one session, in its own browser, within five minutes', async () => {
  const visitor = await half()
  const copy = visitor.copy()
  expect(await visitor.code('POST', '/auth/second', { code: code() })).toBe(200)
  house.advance(30_000)
  expect(await copy.code('POST', '/auth/second', { code: code() })).toBe('not_signed_in')
  expect(await house.browser().code('POST', '/auth/second', { code: code() })).toBe('not_signed_in')
  const late = await half()
  house.advance(5 * minute)
  expect(await late.code('POST', '/auth/second', { code: code() })).toBe('not_signed_in')
})

test('a half sign-in to an account that was closed meanwhile begins nothing', async () => {
  const visitor = await half()
  const superuser = await house.db.superuser()
  const closed = (at: string) => superuser.query(`update castellan.people set disabled_at = ${at}`)
  await closed('now()')
  expect(await visitor.code('POST', '/auth/second', { code: code() })).toBe('refused')
  await closed('null')
  expect(await visitor.code('GET', '/api/account/factors')).toBe('not_signed_in')
})

test('a half sign-in ends with all the sessions of its person', async () => {
  const visitor = await half()
  const who = { tenant: house.db.tenant, person: homeOwner }
  await house.db.database
    .as(who.tenant)
    .transaction()
    .execute((transaction) =>
      house.running.identity.sessions.endAll(transaction, who, { why: 'revoked', by: 'owner' }),
    )
  expect(await visitor.code('POST', '/auth/second', { code: code() })).toBe('not_signed_in')
})

test('a half sign-in begins one session, also when two right proofs come for it at once', async () => {
  const visitor = await half()
  const both = () =>
    Promise.all([{ code: code() }, { recovery: codes[0] }].map((given) => second(given, visitor)))
  const answers = await house.whileWaiting({ table: 'half_signins', waiters: 2 }, both)
  expect(answers.sort()).toEqual([200, 'not_signed_in'])
})

test('a passkey shown to one half sign-in finishes no other', async () => {
  const key = await owner.register()
  const [visitor, thief] = [await half(), await half()]
  const passkey = key.show(await visitor.options('/auth/second/options'))
  expect(await second({ passkey }, thief)).toBe('passkey_refused')
  expect(await second({ passkey: key.show(await visitor.options('/auth/second/options')) }, visitor)).toBe(
    200,
  )
})

test('five wrong codes, spread over browsers, doors, sorts and restarts, lock all of them for 15 minutes', async () => {
  const visitor = await half()
  const question = await house.question('totp')
  expect(await visitor.code('POST', '/auth/second', { code: wrong() })).toBe('wrong_code')
  house.restart()
  expect(await second({ recovery: 'aaaa-aaaa-aaaa-aaaa' })).toBe('wrong_code')
  expect(await owner.code('POST', '/auth/step-up', { code: wrong() })).toBe('wrong_code')
  expect(await owner.code('POST', `/api/questions/${question}/approve`, { code: wrong() })).toBe('wrong_code')
  expect(await house.alerts()).toEqual([])
  expect(await second({ code: wrong() })).toBe('wrong_code')
  expect(await house.alerts()).toEqual(['factors.codes_locked'])
  house.restart()
  for (const given of [{ code: code() }, { recovery: codes[0] }])
    expect(await second(given)).toBe('too_many_attempts')
  expect(await owner.code('POST', '/auth/step-up', { code: code() })).toBe('too_many_attempts')
  house.advance(15 * minute - 1_000)
  expect(await second({ code: code() })).toBe('too_many_attempts')
  house.advance(2_000)
  expect(await second({ code: code() })).toBe(200)
})

test('a hundred guesses at once are five looks', async () => {
  const visitor = await half()
  const guesses = Array.from({ length: 100 }, (_, n) => String(n).padStart(6, '0')).filter(
    (n) => n !== code(),
  )
  const answers = await Promise.all(
    guesses.map((guess) => visitor.code('POST', '/auth/second', { code: guess })),
  )
  expect(answers.filter((each) => each === 'wrong_code')).toHaveLength(5)
  expect(answers.filter((each) => each === 'too_many_attempts')).toHaveLength(guesses.length - 5)
})

test('a lock is one person’s', async () => {
  const mia = await house.member('Mia')
  const hers = await mia.enrol(house.now())
  for (let n = 0; n < 5; n++) await second({ code: wrong() })
  house.advance(minute)
  const given = { code: codeAt(hers.secret, house.now()) }
  expect(await mia.code('POST', '/auth/step-up', given)).toBe(200)
})

test('a recovery code signs in once, in any spelling, and its person is told', async () => {
  const [first = '', next = ''] = codes
  expect(await second({ recovery: first.toUpperCase().replaceAll('-', ' ') })).toBe(200)
  expect(await house.alerts()).toEqual(['factors.recovery_used'])
  expect(await second({ recovery: first })).toBe('wrong_code')
  const visitors = await Promise.all(Array.from({ length: 4 }, half))
  const answers = await Promise.all(
    visitors.map((visitor) => visitor.code('POST', '/auth/second', { recovery: next })),
  )
  expect(answers.filter((each) => each === 200)).toHaveLength(1)
  expect((await owner.factors()).recovery?.left).toBe(8)
})

test('another person’s recovery code is nobody else’s', async () => {
  const mia = await house.member('Mia')
  const hers = await mia.enrol(house.now())
  expect(await second({ recovery: hers.codes[0] })).toBe('wrong_code')
})

test('new recovery codes end the old ones, and need a factor shown', async () => {
  expect(await owner.code('POST', '/api/account/recovery-codes')).toBe(200)
  expect(await second({ recovery: codes[0] })).toBe('wrong_code')
  house.advance(6 * minute)
  expect(await owner.code('POST', '/api/account/recovery-codes')).toBe('factor_needed')
})

test('a recovery code approves nothing', async () => {
  const path = `/api/questions/${await house.question('totp')}/approve`
  expect(await owner.code('POST', path, { recovery: codes[0] })).toBe('bad_request')
  expect(await owner.code('POST', path, { code: codes[0] })).toBe('bad_request')
})

test('a stolen session neither replaces nor removes the codes, nor reads their secret', async () => {
  house.advance(6 * minute)
  expect(await owner.code('POST', '/api/account/totp')).toBe('factor_needed')
  expect(await owner.code('DELETE', '/api/account/totp')).toBe('factor_needed')
  expect(await owner.code('POST', '/api/account/totp/confirm', { code: code() })).toBe('factor_needed')
  expect(await owner.code('POST', '/auth/step-up', { password })).toBe('factor_needed')
  expect(JSON.stringify(await owner.factors())).not.toContain(secret)
})

test('the secret has no door among the secrets of the vault', async () => {
  const [name = ''] = await house.secretNames()
  expect(name).toMatch(/^totp\//)
  for (const path of [name, encodeURIComponent(name)]) {
    expect(await owner.code('PUT', `/api/secrets/${path}`, { value: 'A'.repeat(32) })).toBe('refused')
    expect(await owner.code('DELETE', `/api/secrets/${path}`)).toBe('refused')
  }
  expect(JSON.stringify(await owner.done('GET', '/api/secrets'))).not.toContain('totp/')
  expect(await second({ code: code() })).toBe(200)
})

test('a second enrolment that was begun changes nothing until its code came back, and only the last one counts', async () => {
  const first = await owner.done('POST', '/api/account/totp')
  expect(await second({ code: code() })).toBe(200)
  const last = await owner.done('POST', '/api/account/totp')
  const confirm = (of: string) =>
    owner.code('POST', '/api/account/totp/confirm', { code: codeAt(of, house.now()) })
  expect(await confirm(first.secret)).toBe('wrong_code')
  expect(await confirm(last.secret)).toBe(200)
  house.advance(30_000)
  expect(await second({ code: code() })).toBe('wrong_code')
  expect(await second({ code: codeAt(last.secret, house.now()) })).toBe(200)
})

test('a secret that waited for a quarter of an hour, or was replaced while its code was looked at, is none', async () => {
  const waiting = await owner.done('POST', '/api/account/totp')
  const confirm = () =>
    owner.code('POST', '/api/account/totp/confirm', { code: codeAt(waiting.secret, house.now()) })
  const change = "update castellan.factors set totp_pending = 'totp/another'"
  expect(await house.whileWaiting({ table: 'factors', waiters: 1, change }, confirm)).toBe('conflict')
  const again = await owner.done('POST', '/api/account/totp')
  house.advance(15 * minute)
  await owner.done('POST', '/auth/step-up', { code: code() })
  house.advance(1_000)
  const late = { code: codeAt(again.secret, house.now()) }
  expect(await owner.code('POST', '/api/account/totp/confirm', late)).toBe('conflict')
})

test('a secret that counts no more leaves the vault', async () => {
  const others = (await house.secretNames()).length - 1
  await owner.enrol(house.now())
  expect(await house.secretNames()).toHaveLength(others + 1)
  await owner.done('POST', '/api/account/totp')
  await owner.done('POST', '/api/account/totp')
  expect(await house.secretNames()).toHaveLength(others + 2)
  await owner.done('DELETE', '/api/account/totp')
  expect(await house.secretNames()).toHaveLength(others)
})

test('neither codes nor secrets stand in a row, a log or the ledger', async () => {
  await second({ code: code() })
  await second({ recovery: codes[1] })
  const told = JSON.stringify([await house.everything(), house.recorded, house.logged])
  for (const each of [secret, ...codes, ...codes.map((one) => one.replaceAll('-', ''))])
    expect(told).not.toContain(each)
})
