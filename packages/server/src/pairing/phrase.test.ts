import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { grouped, newCode, parseCode } from './code.ts'
import { houseKeys, thumbprintOf } from './keys.ts'
import { commitmentOf, phraseOf, redeemText, type Transcript } from './phrase.ts'
import { words } from './words.ts'

test('the words are those of BIP-39, in its order', () => {
  expect(words).toHaveLength(2048)
  const digest = createHash('sha256')
    .update(`${words.join('\n')}\n`)
    .digest('hex')
  expect(digest).toBe('2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda')
  expect(new Set(words.map((word) => word.slice(0, 4))).size).toBe(2048)
})

// The device's keys are those of RFC 8032, section 7.1, and RFC 7748, section 6.1.
const root = Buffer.alloc(32, 1)
const pairing = '00000000-0000-4000-8000-00000000000a'
const house = houseKeys(root, pairing)
const device = {
  name: 'Mia’s phone',
  kind: 'phone',
  key: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
  agreement: { kty: 'OKP', crv: 'X25519', x: 'hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo' },
  nonce: Buffer.alloc(32, 2).toString('base64url'),
} as const
const transcript: Transcript = {
  server: 'http://localhost:7777',
  code: createHash('sha256').update('ACDEFGHJK').digest('hex'),
  commitment: commitmentOf(house),
  device,
  house,
}

test('one transcript has always these words', () => {
  const shared = house.agree(device.agreement)
  if (shared === undefined) throw new TypeError('no secret')
  expect(thumbprintOf(device.key)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k')
  expect(house.agreement.x).toBe('d-4o5s-b5_VhbsA3CYbcPYBffW783aUiz-gCjeP6JWA')
  expect(house.nonce).toBe('8ErMgOTZ6Qac_ac2LhQaUKyvRuY8HoetW85BpNVGBYg')
  expect(transcript.commitment).toBe('P_uJwrb6a3QuiqZKNiYBB6nsUOeNCpV4_RmGqQJeHcU')
  expect(createHash('sha256').update(redeemText(transcript)).digest('hex')).toBe(
    'c4ace4f9507b913a73f2d398690d372b402562d77c595ba2c853075bee1a9802',
  )
  expect(shared.toString('hex')).toBe('4c0342862ea80f8381e57b68d2f5b7899cc8a00fa7cca8f31f3a83fc5e9db50e')
  expect(phraseOf(shared, transcript)).toBe('chronic under never antenna')
})

test('any part that differs makes other words', () => {
  const shared = Buffer.alloc(32, 3)
  const base = phraseOf(shared, transcript)
  const other = Buffer.alloc(32, 4).toString('base64url')
  const changed: Transcript[] = [
    { ...transcript, server: 'http://127.0.0.1:7777' },
    { ...transcript, code: createHash('sha256').update('ACDEFGHJL').digest('hex') },
    { ...transcript, commitment: other },
    { ...transcript, device: { ...device, name: 'Tom’s phone' } },
    { ...transcript, device: { ...device, kind: 'laptop' } },
    { ...transcript, device: { ...device, key: { ...device.key, x: other } } },
    { ...transcript, device: { ...device, agreement: { ...device.agreement, x: other } } },
    { ...transcript, device: { ...device, nonce: other } },
    { ...transcript, house: { ...house, nonce: other } },
    { ...transcript, house: { ...house, agreement: { ...house.agreement, x: other } } },
    { ...transcript, house: { ...house, pairing: '00000000-0000-4000-8000-00000000000b' } },
  ]
  const phrases = [
    ...changed.map((each) => phraseOf(shared, each)),
    phraseOf(Buffer.alloc(32, 5), transcript),
  ]
  expect(new Set([base, ...phrases]).size).toBe(phrases.length + 1)
})

test('keys of the house are of one pairing and of one house', () => {
  const all = [
    house,
    houseKeys(root, '00000000-0000-4000-8000-00000000000b'),
    houseKeys(Buffer.alloc(32, 9), pairing),
  ]
  for (const part of [(k: typeof house) => k.nonce, (k: typeof house) => k.agreement.x, commitmentOf])
    expect(new Set(all.map(part)).size).toBe(3)
  expect(houseKeys(root, pairing).agreement).toEqual(house.agreement)
})

test('a code is read however it was written, and only a code', () => {
  fc.assert(
    fc.property(fc.nat(), () => {
      const code = newCode()
      expect(parseCode(grouped(code))).toBe(code)
      expect(parseCode(` ${code.toLowerCase().slice(0, 4)} ${code.slice(4)}\n`)).toBe(code)
      expect(parseCode(code.slice(1))).toBeUndefined()
      expect(parseCode(`${code}A`)).toBeUndefined()
      expect(parseCode(code.replace(/^./, '0'))).toBeUndefined()
    }),
  )
})
