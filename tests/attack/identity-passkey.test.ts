/** Passkeys that lie: replayed, from elsewhere, of others, without their user, copied. Each is refused in the same words. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FakePasskey, fakePasskey, type Lies } from '../fakes/authenticator.ts'
import {
  type Browser,
  elsewhere,
  type FactorHouse,
  minute,
  neighbour,
  openFactorHouse,
} from './factor-house.ts'

let house: FactorHouse
let owner: Browser
let key: FakePasskey
beforeAll(async () => {
  house = await openFactorHouse()
})
afterAll(() => house.close())
beforeEach(async () => {
  await house.reset()
  owner = house.browser()
  await owner.signIn()
  key = await owner.register()
})

const ask = () => house.browser().options('/auth/passkey/options')
const signIn = async (lies?: Lies) => {
  const passkey = key.show(await ask(), lies)
  return house.browser().code('POST', '/auth/passkey', { passkey })
}

test('an honest one signs in by itself, without a name', async () => {
  const visitor = house.browser()
  const options = await visitor.options('/auth/passkey/options')
  expect(options).toMatchObject({ rpId: 'localhost', userVerification: 'required' })
  expect(options['allowCredentials']).toBeUndefined()
  const answer = await visitor.post('/auth/passkey', { passkey: key.show(options) })
  expect(answer).toMatchObject({ status: 200, body: { signed_in: true, second_step: false } })
  expect((await visitor.factors()).fresh?.factor).toBe('passkey')
})

test.each<[string, Lies]>([
  ['for another site', { origin: 'https://evil.example' }],
  ['for another port of this machine', { origin: 'http://localhost:7778' }],
  ['for the address of this machine', { origin: 'http://127.0.0.1:7777' }],
  ['for another name', { rpId: 'evil.example' }],
  ['for the public name, shown here', { rpId: 'castle.example' }],
  ['without its user verified', { verified: false }],
  ['without its user present', { present: false, verified: false }],
  ['of a registration', { type: 'webauthn.create' }],
  ['within a frame of another site', { crossOrigin: true }],
  ['signed by another key', { forged: true }],
  ['for a challenge of its own', { challenge: 'A'.repeat(43) }],
])('a signature %s is refused', async (_name, lies) => {
  expect(await signIn(lies)).toBe('passkey_refused')
  expect(await signIn()).toBe(200)
})

test('a signature counts once, and a challenge for one try', async () => {
  const options = await ask()
  const passkey = key.show(options)
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => house.browser().code('POST', '/auth/passkey', { passkey })),
  )
  expect(answers.filter((each) => each === 200)).toHaveLength(1)
  expect(new Set(answers)).toEqual(new Set([200, 'passkey_refused']))
  const next = await ask()
  expect(
    await house.browser().code('POST', '/auth/passkey', { passkey: key.show(next, { forged: true }) }),
  ).toBe('passkey_refused')
  expect(await house.browser().code('POST', '/auth/passkey', { passkey: key.show(next) })).toBe(
    'passkey_refused',
  )
})

test('a challenge is good for five minutes, over a restart', async () => {
  const [first, second] = [await ask(), await ask()]
  house.restart()
  house.advance(5 * minute - 1_000)
  expect(await house.browser().code('POST', '/auth/passkey', { passkey: key.show(first) })).toBe(200)
  house.advance(1_001)
  expect(await house.browser().code('POST', '/auth/passkey', { passkey: key.show(second) })).toBe(
    'passkey_refused',
  )
})

test('a key that nobody registered is refused in the words of one that was removed or whose person is shut out', async () => {
  const stranger = fakePasskey('http://localhost:7777')
  const answers = [
    await house.browser().post('/auth/passkey', { passkey: stranger.show(await ask()) }),
    await (async () => {
      const mia = await house.member('Mia')
      const hers = await mia.register()
      await house.disable('Mia')
      return house.browser().post('/auth/passkey', { passkey: hers.show(await ask()) })
    })(),
    await (async () => {
      const other = await owner.register('second')
      await owner.done('DELETE', `/api/account/passkeys/${other.view.id}`)
      return house.browser().post('/auth/passkey', { passkey: other.show(await ask()) })
    })(),
  ]
  expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1)
  expect(answers[0]).toMatchObject({ status: 401, body: { error: { code: 'passkey_refused' } } })
})

test('a counter that goes back or stands still is a copy: refused, recorded, told', async () => {
  expect(await signIn({ counter: 40 })).toBe(200)
  expect(await signIn({ counter: 40 })).toBe('passkey_refused')
  expect(await signIn({ counter: 7 })).toBe('passkey_refused')
  expect(house.recorded.filter(({ kind }) => kind === 'passkey_refused')).toHaveLength(2)
  expect(await house.alerts()).toEqual(['factors.passkey_copied'])
  expect(await signIn({ counter: 41 })).toBe(200)
  expect(await signIn({ counter: 0 })).toBe('passkey_refused')
})

test('a key without a counter may go on without one', async () => {
  const quiet = fakePasskey('http://localhost:7777')
  const made = quiet.create(await owner.options('/api/account/passkeys/options'), { counter: 0 })
  await owner.done('POST', '/api/account/passkeys', { name: 'quiet', response: made })
  for (let n = 0; n < 2; n++) {
    const passkey = quiet.show(await ask(), { counter: 0 })
    expect(await house.browser().code('POST', '/auth/passkey', { passkey })).toBe(200)
  }
})

test('what a passkey signed for one purpose is worth nothing for another', async () => {
  const stepUp = async () => owner.options('/auth/step-up/options')
  const visitor = house.browser()
  expect(await visitor.code('POST', '/auth/passkey', { passkey: key.show(await stepUp()) })).toBe(
    'passkey_refused',
  )
  expect(await owner.code('POST', '/auth/step-up', { passkey: key.show(await ask()) })).toBe(
    'passkey_refused',
  )
  const adding = await owner.options('/api/account/passkeys/options')
  expect(
    await owner.code('POST', '/auth/step-up', { passkey: key.show({ ...adding, rpId: 'localhost' }) }),
  ).toBe('passkey_refused')
  const question = await house.question('passkey')
  const path = `/api/questions/${question}/approve`
  expect(await owner.code('POST', path, { passkey: key.show(await stepUp()) })).toBe('passkey_refused')
  expect(await owner.code('POST', path, { passkey: key.show(await ask()) })).toBe('passkey_refused')
})

test('another person’s passkey proves nothing for the owner, nor another session’s challenge', async () => {
  const mia = await house.member('Mia')
  const hers = await mia.register()
  const options = await owner.options('/auth/step-up/options')
  expect(await owner.code('POST', '/auth/step-up', { passkey: hers.show(options) })).toBe('passkey_refused')
  const second = house.browser()
  await second.signIn()
  const theirs = await second.options('/auth/step-up/options')
  expect(await owner.code('POST', '/auth/step-up', { passkey: key.show(theirs) })).toBe('passkey_refused')
})

test('a passkey is registered once, and for nobody else', async () => {
  const mia = await house.member('Mia')
  const made = async (browser: Browser) => key.create(await browser.options('/api/account/passkeys/options'))
  for (const browser of [owner, mia]) {
    const given = { name: 'again', response: await made(browser) }
    expect(await browser.code('POST', '/api/account/passkeys', given)).toBe('conflict')
  }
  expect((await mia.factors()).passkeys).toEqual([])
})

test.each<[string, Lies]>([
  ['made for another site', { origin: 'https://evil.example' }],
  ['made for another name', { rpId: 'evil.example' }],
  ['made without verifying its user', { verified: false }],
  ['made for a challenge of its own', { challenge: 'A'.repeat(43) }],
  ['that is no registration', { type: 'webauthn.get' }],
  [
    'with certificates that name addresses to fetch',
    { attestation: { fmt: 'packed', x5c: [Buffer.alloc(64)] } },
  ],
  ['attested by a form nobody asked for', { attestation: { fmt: 'tpm' } }],
])('a new passkey %s is refused', async (_name, lies) => {
  const fresh = fakePasskey('http://localhost:7777')
  const response = fresh.create(await owner.options('/api/account/passkeys/options'), lies)
  expect(await owner.code('POST', '/api/account/passkeys', { name: 'x', response })).toBe('passkey_refused')
  expect((await owner.factors()).passkeys).toHaveLength(1)
})

test('one’s own passkeys alone are renamed and removed', async () => {
  const [mine] = (await owner.factors()).passkeys
  const mia = await house.member('Mia')
  const path = `/api/account/passkeys/${mine?.id}`
  expect(await mia.code('PATCH', path, { name: 'hers' })).toBe('not_found')
  expect(await mia.code('DELETE', path)).toBe('not_found')
  expect(await mia.code('DELETE', '/api/account/passkeys/x')).toBe('not_found')
  expect((await owner.factors()).passkeys).toEqual([mine])
})

test('under a public name over TLS a passkey is made for that name and works there, and nowhere else', async () => {
  const away = house.browser(elsewhere)
  await away.signIn()
  expect(away.cookie).toMatch(/^__Host-/)
  // The owner's own proof counts at its own name only, so this one is shown to be fresh by signing in.
  await owner.done('DELETE', `/api/account/passkeys/${(await owner.factors()).passkeys[0]?.id}`)
  const public_ = await away.register('public')
  expect((await away.factors()).passkeys).toMatchObject([{ name: 'public', host: 'castle.example' }])
  const visitor = house.browser(elsewhere)
  const options = await visitor.options('/auth/passkey/options')
  expect(options['rpId']).toBe('castle.example')
  expect(await visitor.code('POST', '/auth/passkey', { passkey: public_.show(options) })).toBe(200)
  expect((await visitor.factors()).fresh?.factor).toBe('passkey')
  const stepping = await visitor.options('/auth/step-up/options')
  expect(await visitor.code('POST', '/auth/step-up', { passkey: public_.show(stepping) })).toBe(200)
  const here = await house.browser().options('/auth/passkey/options')
  for (const lies of [{}, { rpId: 'castle.example' }, { origin: 'http://localhost:7777' }])
    expect(await house.browser().code('POST', '/auth/passkey', { passkey: public_.show(here, lies) })).toBe(
      'passkey_refused',
    )
})

test('a passkey of another tenant opens that tenant, and proves nothing in this one', async () => {
  const bo = await neighbour(house)
  const theirs = await house.signedIn(bo)
  const hers = await theirs.register('theirs')
  const stepping = await owner.options('/auth/step-up/options')
  expect(await owner.code('POST', '/auth/step-up', { passkey: hers.show(stepping) })).toBe('passkey_refused')
  const question = await house.question('passkey')
  const asked = await owner.options(`/api/questions/${question}/passkey`)
  const path = `/api/questions/${question}/approve`
  expect(await owner.code('POST', path, { passkey: hers.show(asked) })).toBe('passkey_refused')
  const visitor = house.browser()
  const passkey = hers.show(await visitor.options('/auth/passkey/options'))
  expect(await visitor.post('/auth/passkey', { passkey })).toMatchObject({
    body: { you: { id: bo.person, home: false } },
  })
  expect(await visitor.code('GET', '/api/questions')).toBe('refused')
  expect(await visitor.code('POST', path, {})).toBe('refused')
  // Nor is it registered twice, here.
  const again = hers.create(await owner.options('/api/account/passkeys/options'))
  expect(await owner.code('POST', '/api/account/passkeys', { name: 'x', response: again })).toBe('conflict')
})
