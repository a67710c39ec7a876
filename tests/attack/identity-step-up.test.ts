/** Whoever has a session but not its person: raising it, changing proofs by it, saying yes by it, closing the owner out. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { homeOwner } from '../../packages/server/src/database/index.ts'
import { codeAt } from '../../packages/server/src/factors/totp.ts'
import type { Identity } from '../../packages/server/src/http/index.ts'
import { type FakePasskey, fakePasskey } from '../fakes/authenticator.ts'
import { type Browser, type FactorHouse, minute, openFactorHouse, origin, password } from './factor-house.ts'

let house: FactorHouse
let owner: Browser
beforeAll(async () => {
  house = await openFactorHouse()
})
afterAll(() => house.close())
beforeEach(async () => {
  await house.reset()
  owner = house.browser()
  await owner.signIn()
})

/** Every door that changes a proof, with a body of the right form. */
const doors: readonly [string, string, unknown][] = [
  ['POST', '/api/account/passkeys/options', {}],
  ['DELETE', '/api/account/passkeys/00000000-0000-4000-8000-00000000000a', undefined],
  ['POST', '/api/account/totp', {}],
  ['POST', '/api/account/totp/confirm', { code: '123456' }],
  ['DELETE', '/api/account/totp', undefined],
  ['POST', '/api/account/recovery-codes', {}],
  ['PUT', '/api/account/admin-password', { open: false }],
]
const local = () => ({ authorization: `Bearer ${house.localToken}` })
const showKey = async (browser: Browser, key: FakePasskey) =>
  browser.code('POST', '/auth/step-up', { passkey: key.show(await browser.options('/auth/step-up/options')) })
const approve = (browser: Browser, question: string, given: object = {}) =>
  browser.code('POST', `/api/questions/${question}/approve`, given)

test('a session of yesterday changes no proof', async () => {
  house.advance(5 * minute)
  for (const [method, path, body] of doors) {
    const { status, body: answer } = await owner.send(method, path, body)
    expect([path, status, answer.error]).toMatchObject([
      path,
      403,
      { code: 'factor_needed', details: { stepUp: true } },
    ])
  }
})

test('what was shown counts for five minutes, in that session', async () => {
  house.advance(5 * minute)
  const other = house.browser()
  await other.signIn()
  house.advance(5 * minute)
  expect(await owner.code('POST', '/auth/step-up', { password })).toBe(200)
  expect(await owner.code('POST', '/api/account/passkeys/options', {})).toBe(200)
  expect(await other.code('POST', '/api/account/passkeys/options', {})).toBe('factor_needed')
  house.advance(5 * minute)
  expect(await owner.code('POST', '/api/account/passkeys/options', {})).toBe('factor_needed')
})

test('what a proof raised is lowered when that proof is removed, but in the session that removed it', async () => {
  const key = await owner.register()
  const { secret } = await owner.enrol(house.now())
  house.advance(6 * minute)
  await showKey(owner, key)
  const thief = house.browser()
  await thief.signIn()
  expect(await thief.code('POST', '/auth/second', { code: codeAt(secret, house.now()) })).toBe(200)
  house.advance(minute)
  expect(await thief.code('POST', '/api/account/recovery-codes', {})).toBe(200)
  expect(await owner.code('DELETE', '/api/account/totp')).toBe(204)
  expect(await thief.code('POST', '/api/account/recovery-codes', {})).toBe('factor_needed')
  expect(await owner.code('POST', '/api/account/recovery-codes', {})).toBe(200)
  const other = house.browser()
  await other.signIn()
  await showKey(other, key)
  await owner.register('another')
  expect(await owner.code('DELETE', `/api/account/passkeys/${key.view.id}`)).toBe(204)
  expect(await other.code('POST', '/api/account/recovery-codes', {})).toBe('factor_needed')
  expect(await owner.code('POST', '/api/account/recovery-codes', {})).toBe(200)
})

test('a passkey that was asked for in time is not added too late', async () => {
  house.advance(4 * minute)
  const key = fakePasskey(origin)
  const response = key.create(await owner.options('/api/account/passkeys/options'))
  house.advance(2 * minute)
  const given = { name: 'late', response }
  expect(await owner.code('POST', '/api/account/passkeys', given)).toBe('factor_needed')
  expect((await owner.factors()).passkeys).toEqual([])
})

test('the local token and other bearers change no proof and are not raised', async () => {
  for (const headers of [local(), { authorization: 'Bearer csp_guess' }]) {
    for (const [method, path, body] of [...doors, ['POST', '/auth/step-up', { password }] as const]) {
      const { status } = await house.browser().send(method, path, body, headers)
      expect([path, status]).toEqual([path, headers.authorization.includes('csp_') ? 401 : 403])
    }
  }
  expect((await owner.factors()).fresh?.factor).toBe('password')
})

test('nothing but a session is fresh, and the local token stands for no passkey', async () => {
  const { requireFresh } = house.running.factors
  const of = (via: Identity['via']) =>
    ({
      tenant: house.db.tenant,
      person: homeOwner,
      role: 'owner',
      principal: 'owner',
      via,
      scopes: null,
    }) as const
  const refused = { code: 'factor_needed', details: { stepUp: false } }
  for (const via of ['access-token', 'personal-token', 'device'] as const)
    await expect(requireFresh(of(via))).rejects.toMatchObject(refused)
  await requireFresh(of('local-token'))
  await expect(requireFresh(of('local-token'), 'passkey')).rejects.toMatchObject(refused)
})

test('a wrong proof raises nothing', async () => {
  house.advance(5 * minute)
  expect(await owner.code('POST', '/auth/step-up', { password: 'a guess' })).toBe('wrong_password')
  expect(await owner.code('POST', '/auth/step-up', { code: '123456' })).toBe('wrong_code')
  expect(await owner.code('POST', '/auth/step-up', { password, code: '123456' })).toBe('bad_request')
  expect((await owner.factors()).fresh).toBeNull()
})

test('a session asks for no more proofs than a person shows', async () => {
  await owner.register()
  const answers: unknown[] = []
  for (let n = 0; n < 12; n++) answers.push(await owner.code('POST', '/auth/step-up/options', {}))
  expect(answers).toEqual([...Array<number>(11).fill(200), 'too_many_attempts'])
  expect(await owner.code('POST', '/auth/step-up', { password })).toBe('too_many_attempts')
})

test('a session that somebody else knows too is not raised along', async () => {
  house.advance(5 * minute)
  const thief = owner.copy()
  expect(await owner.code('POST', '/auth/step-up', { password })).toBe(200)
  expect(await thief.code('GET', '/api/account/factors')).toBe('not_signed_in')
  expect(await owner.code('POST', '/api/account/passkeys/options', {})).toBe(200)
})

test('a session planted in the browser before signing in is not the one that signs in', async () => {
  const planted = owner.copy()
  await planted.signIn()
  expect(await owner.code('GET', '/api/account/factors')).toBe('not_signed_in')
  expect(planted.cookie).not.toBe(owner.cookie)
})

test('once there is a passkey or a code, the password raises nothing any more', async () => {
  const key = await owner.register()
  house.advance(5 * minute)
  expect(await owner.code('POST', '/auth/step-up', { password })).toBe('factor_needed')
  const visitor = house.browser()
  await visitor.signIn()
  expect(await visitor.code('POST', '/api/account/passkeys/options', {})).toBe('factor_needed')
  expect(await showKey(visitor, key)).toBe(200)
  expect(await visitor.code('POST', '/api/account/passkeys/options', {})).toBe(200)
})

describe('a yes', () => {
  test('with the password counts until something stronger is enrolled', async () => {
    expect(await approve(owner, await house.question('password'), { password })).toBe(200)
    await owner.register()
    const question = await house.question('password')
    expect(await approve(owner, question, { password })).toBe('factor_needed')
    expect(await approve(owner, question)).toBe('factor_needed')
    expect(await approve(owner, await house.question('click'))).toBe(200)
  })

  test('with the password is none where a code or a passkey is asked for', async () => {
    for (const factor of ['totp', 'passkey'] as const)
      expect(await approve(owner, await house.question(factor), { password })).toBe('factor_needed')
  })

  test('by a code is none where a passkey is asked for; each counts where less is', async () => {
    const key = await owner.register()
    const { secret } = await owner.enrol(house.now())
    house.advance(minute)
    const code = () => ({ code: codeAt(secret, house.now()) })
    const passkey = async (question: string) => ({
      passkey: key.show(await owner.options(`/api/questions/${question}/passkey`)),
    })
    expect(await approve(owner, await house.question('passkey'), code())).toBe('factor_needed')
    house.advance(minute)
    expect(await approve(owner, await house.question('password'), code())).toBe(200)
    for (const factor of ['click', 'password', 'totp', 'passkey'] as const) {
      const question = await house.question(factor)
      expect([factor, await approve(owner, question, await passkey(question))]).toEqual([factor, 200])
    }
  })

  test('by passkey is for the one question it was asked for', async () => {
    const key = await owner.register()
    const [first, other] = [await house.question('passkey'), await house.question('passkey')]
    const passkey = key.show(await owner.options(`/api/questions/${first}/passkey`))
    expect(await approve(owner, other, { passkey })).toBe('passkey_refused')
    // Tried once, at whichever question.
    expect(await approve(owner, first, { passkey })).toBe('passkey_refused')
    const again = key.show(await owner.options(`/api/questions/${first}/passkey`))
    expect(await approve(owner, first, { passkey: again })).toBe(200)
    expect(await owner.code('POST', `/api/questions/${first}/passkey`, {})).toBe('conflict')
  })

  test('is the ledger’s with the factor that it came with', async () => {
    const key = await owner.register()
    const question = await house.question('password')
    await approve(owner, question, {
      passkey: key.show(await owner.options(`/api/questions/${question}/passkey`)),
    })
    expect(await house.lastApproval()).toMatchObject({ question, via: 'session', factor: 'passkey' })
  })

  test('that was raised a moment ago still needs its own proof', async () => {
    const key = await owner.register()
    expect(await showKey(owner, key)).toBe(200)
    expect(await approve(owner, await house.question('password'))).toBe('factor_needed')
  })

  test('by the local token is a click, whatever proof it sends along', async () => {
    const key = await owner.register()
    const question = await house.question('password')
    const passkey = key.show(await owner.options(`/api/questions/${question}/passkey`))
    const path = `/api/questions/${question}/approve`
    for (const given of [{ passkey }, { password }, { code: '123456' }]) {
      const { body } = await house.browser().send('POST', path, given, local())
      expect(body.error.code).toBe('factor_needed')
    }
    expect(
      (await house.browser().send('POST', `/api/questions/${question}/passkey`, {}, local())).status,
    ).toBe(403)
  })
})

describe('the door of ADMIN_PASSWORD', () => {
  const close = (browser: Browser, open = false) =>
    browser.code('PUT', '/api/account/admin-password', { open })

  test('is closed by a passkey alone, and opened by one', async () => {
    expect(await close(owner)).toBe('factor_needed')
    const { secret } = await owner.enrol(house.now())
    expect(await close(owner)).toBe('factor_needed')
    const key = await owner.register()
    expect(await close(owner)).toBe(200)
    expect(await house.browser().code('POST', '/auth/login', { password })).toBe('refused')
    expect(await house.browser().code('POST', '/auth/login', { password: 'a guess' })).toBe('refused')
    house.advance(6 * minute)
    expect(await owner.code('POST', '/auth/step-up', { code: codeAt(secret, house.now()) })).toBe(200)
    expect(await close(owner, true)).toBe('factor_needed')
    expect(await showKey(owner, key)).toBe(200)
    expect(await close(owner, true)).toBe(200)
    expect((await house.browser().signIn()).status).toBe(200)
  })

  test('stays open for who has removed their last passkey, however lately they showed it', async () => {
    const key = await owner.register()
    expect(await owner.code('DELETE', `/api/account/passkeys/${key.view.id}`)).toBe(204)
    expect((await owner.factors()).fresh?.factor).toBe('passkey')
    expect(await close(owner)).toBe('conflict')
    expect((await house.browser().signIn()).status).toBe(200)
  })

  test('keeps the last passkey: removing it is refused while the door is closed', async () => {
    const key = await owner.register()
    expect(await close(owner)).toBe(200)
    const [only] = (await owner.factors()).passkeys
    expect(await owner.code('DELETE', `/api/account/passkeys/${only?.id}`)).toBe('conflict')
    expect((await owner.factors()).passkeys).toHaveLength(1)
    const visitor = house.browser()
    const options = await visitor.options('/auth/passkey/options')
    expect(await visitor.code('POST', '/auth/passkey', { passkey: key.show(options) })).toBe(200)
  })

  test('of two who remove the last two at once, one is refused', async () => {
    const first = await owner.register('first')
    await owner.register('second')
    expect(await close(owner)).toBe(200)
    const { passkeys } = await owner.factors()
    const both = () =>
      Promise.all(passkeys.map(({ id }) => owner.code('DELETE', `/api/account/passkeys/${id}`)))
    const answers = await house.whileWaiting({ table: 'factors', waiters: 2 }, both)
    expect(answers.sort()).toEqual([204, 'conflict'])
    expect(first.id).toBeTruthy()
  })

  test('leaves the way by a link of the machine', async () => {
    await owner.register()
    await close(owner)
    const { url } = await house.running.identity.makeLink()
    const visitor = house.browser()
    expect(await visitor.code('POST', '/auth/link', { token: url.split('#')[1] })).toBe(200)
    // In, but with nothing shown that would let a proof be changed.
    expect(await close(visitor, true)).toBe('factor_needed')
  })

  test('is the owner’s alone', async () => {
    const mia = await house.member('Mia')
    await mia.register()
    expect(await close(mia)).toBe('refused')
  })
})
