/** The four words: somebody stands between device and house, tries keys until words fit, or confirms what nobody compared. */
import { createHash } from 'node:crypto'
import type { Hello, Redeemed } from '@castellan/contracts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { canonical, newAgreement, newDevice, type Post, redeemBody, spendCode } from '../fakes/device.ts'
import { minute, openPairingHouse, origin, type PairingHouse, told } from './pairing-house.ts'

let house: PairingHouse
beforeAll(async () => {
  house = await openPairingHouse()
})
afterAll(() => house.close())
beforeEach(() => house.reset())

const devices = async () => (await house.admin.query('select id from castellan.devices')).rows.length

test('are the same on both sides, whichever key the device has and whichever way it got the code', async () => {
  for (const curve of ['Ed25519', 'P-256'] as const) {
    for (const typed of [true, false]) {
      const made = await house.makeCode()
      const given = typed ? { server: origin, code: made.code.toLowerCase() } : { ...made, server: origin }
      const { phrase } = await spendCode(newDevice('A', curve), house.from(), given)
      expect(phrase).toMatch(/^([a-z]{3,8} ){3}[a-z]{3,8}$/)
      expect((await house.look(made.id)).phrase).toBe(phrase)
    }
  }
})

test('differ when somebody in between gives each side keys of their own', async () => {
  const made = await house.makeCode()
  const theirs = { device: newDevice('Mia’s phone'), agreement: newAgreement(), phrase: '' }
  // The device has typed the code and asks the wrong house, which plays the right one with a commitment of its own.
  const fakeNonce = Buffer.alloc(32, 7).toString('base64url')
  const opening = { pairing: made.id, agreement: theirs.agreement.jwk, nonce: fakeNonce }
  const commitment = createHash('sha256')
    .update(canonical({ v: 'castellan-pair-1', ...opening }))
    .digest('base64url')
  const inBetween: Post = async (path) => {
    if (path === '/auth/pair/hello')
      return Response.json({ pairing: made.id, commitment, expires_at: '' } satisfies Hello)
    // Now it has the device's keys and spends the code with its own.
    theirs.phrase = (await spendCode(theirs.device, house.from(), { ...made, server: origin })).phrase
    return Response.json({ ...opening, expires_at: '' } satisfies Redeemed)
  }
  const victim = await spendCode(newDevice('Mia’s phone'), inBetween, { server: origin, code: made.code })
  const shown = await house.look(made.id)
  expect(shown.phrase).toBe(theirs.phrase)
  expect(shown.phrase).not.toBe(victim.phrase)
  await house.deny(made.id)
  expect(await devices()).toBe(0)
  expect(await house.alerts()).toEqual(['pairing.mismatch 1'])
})

test('cannot be tried for: the house shows nothing of its key before the device’s is fixed', async () => {
  const made = await house.makeCode()
  const answer = (await (await house.from()('/auth/pair/hello', { code: made.code })).json()) as Hello
  expect(Object.keys(answer).sort()).toEqual(['commitment', 'expires_at', 'pairing'])
  expect(answer.commitment).toBe(made.commitment)
  // A second hello commits to the same, so that asking again is no second draw.
  expect(await (await house.from()('/auth/pair/hello', { code: made.code })).json()).toEqual(answer)
  const body = redeemBody(newDevice(), { ...made, server: origin })
  expect((await house.from()('/auth/pair/redeem', body)).status).toBe(200)
  // And the code is spent by the first draw.
  const again = redeemBody(newDevice(), { ...made, server: origin })
  expect((await house.from()('/auth/pair/redeem', again)).status).toBe(409)
})

test('are not reached by a device that scanned another house’s commitment, and that code is void', async () => {
  const made = await house.makeCode()
  const commitment = Buffer.alloc(32, 9).toString('base64url')
  const body = redeemBody(newDevice(), { ...made, commitment, server: origin })
  expect(await told(await house.from()('/auth/pair/redeem', body))).toEqual([403, 'refused'])
  expect(await told(await house.from()('/auth/pair/hello', { code: made.code }))).toEqual([410, 'expired'])
  expect(await house.alerts()).toEqual(['pairing.swapped 1'])
})

test('are computed only over what the device has signed: no key, name or address is exchanged on the way', async () => {
  const made = await house.makeCode()
  const body = redeemBody(newDevice(), { ...made, server: origin })
  const other = redeemBody(newDevice('Other'), { ...made, server: origin })
  for (const changed of [
    { ...body, key: other.key },
    { ...body, agreement: other.agreement },
    { ...body, nonce: other.nonce },
    { ...body, name: 'Owner’s laptop' },
    { ...body, kind: 'laptop' },
    { ...body, proof: other.proof },
    redeemBody(newDevice(), { ...made, server: 'http://evil.example' }),
  ])
    expect(await told(await house.from()('/auth/pair/redeem', changed))).toEqual([400, 'bad_request'])
  // The same words to another of our own names are words to another server.
  expect(
    await told(await house.from(undefined, 'https://castle.example')('/auth/pair/redeem', body)),
  ).toEqual([400, 'bad_request'])
})

test('take no key that makes the secret predictable, and no key that is none', async () => {
  const made = await house.makeCode()
  const zero = {
    privateKey: newAgreement().privateKey,
    jwk: { kty: 'OKP', crv: 'X25519', x: Buffer.alloc(32).toString('base64url') },
  } as const
  const lowOrder = redeemBody(newDevice(), { ...made, server: origin, agreement: zero })
  expect(await told(await house.from()('/auth/pair/redeem', lowOrder))).toEqual([400, 'bad_request'])
  const offCurve = {
    ...newDevice('A', 'P-256'),
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: Buffer.alloc(32, 1).toString('base64url'),
      y: Buffer.alloc(32, 2).toString('base64url'),
    },
  } as const
  for (const device of [offCurve]) {
    const body = redeemBody(device, { ...made, server: origin })
    expect(await told(await house.from()('/auth/pair/redeem', body))).toEqual([400, 'bad_request'])
  }
  const body = redeemBody(newDevice(), { ...made, server: origin })
  for (const key of [
    { ...body.key, d: 'A'.repeat(43) },
    { ...body.key, crv: 'X25519' },
    { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
    { kty: 'oct', k: 'AAAA' },
  ])
    expect((await house.from()('/auth/pair/redeem', { ...body, key })).status).toBe(400)
})

test('when they differ, the code is void, the attempt counts and the owner hears of it', async () => {
  for (let n = 0; n < 10; n++) {
    const made = await house.makeCode('mia')
    const { phrase } = await spendCode(newDevice(), house.from('198.51.100.1'), { ...made, server: origin })
    expect((await house.deny(made.id, 'mia')).status).toBe(200)
    expect(await told(await house.confirm(made.id, phrase, 'mia'))).toEqual([409, 'conflict'])
  }
  expect(await house.alerts()).toEqual(['pairing.blocked 1', 'pairing.mismatch 10'])
  expect(await devices()).toBe(0)
})

test('counts differing words as a failure of the address they came from', async () => {
  const wrong = () => house.from('198.51.100.2')('/auth/pair/hello', { code: 'AAA-AAA-AAA' })
  const made = await house.makeCode()
  await spendCode(newDevice(), house.from('198.51.100.2'), { ...made, server: origin })
  for (let n = 0; n < 9; n++) expect((await wrong()).status).toBe(401)
  await house.deny(made.id)
  expect((await wrong()).status).toBe(429)
})

test('are confirmed as they were shown: a page that shows others confirms nothing', async () => {
  const made = await house.makeCode()
  expect(await told(await house.confirm(made.id, 'abandon ability able about'))).toEqual([409, 'conflict'])
  const { phrase } = await spendCode(newDevice(), house.from(), { ...made, server: origin })
  for (const other of [
    '',
    phrase.toUpperCase(),
    `${phrase} `,
    phrase.split(' ').reverse().join(' '),
    'abandon ability able about',
  ])
    expect(await told(await house.confirm(made.id, other))).toEqual([409, 'conflict'])
  expect(await devices()).toBe(0)
  expect((await house.confirm(made.id, phrase)).status).toBe(200)
})

test('may be compared for five minutes, and a yes that comes later pairs nothing', async () => {
  const made = await house.makeCode()
  const { phrase } = await spendCode(newDevice(), house.from(), { ...made, server: origin })
  house.clock.now += 5 * minute
  expect(await told(await house.confirm(made.id, phrase))).toEqual([410, 'expired'])
  expect(await told(await house.deny(made.id))).toEqual([410, 'expired'])
  expect(await house.look(made.id)).toMatchObject({ state: 'expired', phrase: null })
  expect(await devices()).toBe(0)
})

test('are answered once: of a yes and a no at once one counts, and two yeses make one device', async () => {
  for (let round = 0; round < 5; round++) {
    const made = await house.makeCode()
    const { phrase } = await spendCode(newDevice(), house.from(), { ...made, server: origin })
    const before = await devices()
    const [yes, no] = await Promise.all([house.confirm(made.id, phrase), house.deny(made.id)])
    expect([yes.status, no.status].sort()).toEqual([200, 409])
    expect(await devices()).toBe(before + (yes.status === 200 ? 1 : 0))
  }
  const made = await house.makeCode()
  const { phrase } = await spendCode(newDevice(), house.from(), { ...made, server: origin })
  const before = await devices()
  const yeses = await Promise.all([house.confirm(made.id, phrase), house.confirm(made.id, phrase)])
  expect(yeses.map(({ status }) => status).sort()).toEqual([200, 409])
  expect(await devices()).toBe(before + 1)
})

test('are never told to the device, nor to anyone who asks how it stands', async () => {
  const made = await house.makeCode()
  const { phrase, answer } = await spendCode(newDevice(), house.from(), { ...made, server: origin })
  expect(Object.keys(answer).sort()).toEqual(['agreement', 'expires_at', 'nonce', 'pairing'])
  const status = await house.from()('/auth/pair/status', { pairing: made.id })
  expect(await status.json()).toEqual({ state: 'compare', device: null })
  expect(JSON.stringify(house.recorded)).not.toContain(phrase)
  await house.confirm(made.id, phrase)
  const { rows } = await house.admin.query('select phrase from castellan.pairings where phrase is not null')
  expect(rows).toEqual([])
})

test('a pairing that no device has come to has no status to ask for', async () => {
  const made = await house.makeCode()
  const chat = await house.makeCode('owner', { channel: 'telegram' })
  for (const pairing of [made.id, chat.id, '00000000-0000-4000-8000-000000000009'])
    expect(await told(await house.from()('/auth/pair/status', { pairing }))).toEqual([404, 'not_found'])
})
