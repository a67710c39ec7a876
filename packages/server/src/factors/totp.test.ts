import { expect, test } from 'vitest'
import { hashOfRecoveryCode, newRecoveryCodes } from './recovery.ts'
import { codeAt, newTotpSecret, stepOfCode, totpInvitation } from './totp.ts'

/** RFC 6238, appendix B: the key `12345678901234567890` in base32, and its codes by SHA-1, the last six digits of eight. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const vectors = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
] as const

test.each(vectors)('at %d s the code is the one of RFC 6238', (seconds, eight) => {
  const code = eight.slice(2)
  expect(codeAt(secret, seconds * 1000)).toBe(code)
  expect(stepOfCode(secret, code, seconds * 1000)).toBe(Math.floor(seconds / 30))
})

test('a code counts from one step before to one step after, and not beyond', () => {
  const now = 1_800_000_015_000
  const step = now / 30_000 - 0.5
  const at = (steps: number) => stepOfCode(secret, codeAt(secret, now + steps * 30_000), now)
  expect([-2, -1, 0, 1, 2].map(at)).toEqual([undefined, step - 1, step, step + 1, undefined])
})

test.each(['', '12345', '1234567', '12a456', '１２３４５６', ' 287082'])('%j is no code', (code) => {
  expect(stepOfCode(secret, code, 59_000)).toBeUndefined()
})

test('a new secret has 160 bits and is another one each time', () => {
  const made = new Set(Array.from({ length: 20 }, newTotpSecret))
  expect(made.size).toBe(20)
  for (const each of made) expect(each).toMatch(/^[A-Z2-7]{32}$/)
})

test('an app is told the house, the person and the secret, as text and as a square of modules', () => {
  const { uri, qr } = totpInvitation(secret, { house: 'home', person: 'Ann: née O/Hara' })
  expect(uri).toContain(`secret=${secret}`)
  expect(uri).toMatch(/^otpauth:\/\/totp\/Castellan%20home:[^?]*\?issuer=Castellan%20home&/)
  expect(qr.every((row) => row.length === qr.length && /^[01]+$/.test(row))).toBe(true)
})

test('recovery codes come by ten, have 80 bits, and are read in any spelling', () => {
  const codes = newRecoveryCodes()
  expect(new Set(codes).size).toBe(10)
  for (const code of codes) {
    expect(code).toMatch(/^([a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}$/)
    expect(hashOfRecoveryCode('p', ` ${code.toUpperCase().replaceAll('-', ' ')}`)).toEqual(
      hashOfRecoveryCode('p', code),
    )
    expect(hashOfRecoveryCode('q', code)).not.toEqual(hashOfRecoveryCode('p', code))
  }
})
