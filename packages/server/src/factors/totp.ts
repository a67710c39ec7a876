/**
 * One-time codes by time (RFC 6238): SHA-1, six digits, steps of 30 seconds, one step of tolerance either way. Nothing
 * here remembers anything; that a step counts once is the store's.
 */
import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { encode } from 'uqr'

const form = { algorithm: 'SHA1', digits: 6, period: 30 } as const
const tolerance = 1
/** As long as a digest of SHA-1 (RFC 4226, section 4). */
const secretBytes = 20

/** A new secret, in base32. */
export const newTotpSecret = (): string =>
  new Secret({ buffer: new Uint8Array(randomBytes(secretBytes)).buffer }).base32

/** The step whose code this is, at a present in milliseconds or one step beside it; undefined for a wrong code. */
export function stepOfCode(secret: string, code: string, now: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined
  const given = { ...form, secret: Secret.fromBase32(secret), token: code, timestamp: now, window: tolerance }
  const delta = TOTP.validate(given)
  return delta === null ? undefined : Math.floor(now / (form.period * 1000)) + delta
}

/** The code of a secret at a present in milliseconds. */
export const codeAt = (secret: string, now: number): string =>
  TOTP.generate({ ...form, secret: Secret.fromBase32(secret), timestamp: now })

/** What an authenticator app is given: an address, and the same as rows of a QR code. */
export function totpInvitation(secret: string, names: { house: string; person: string }) {
  const label = { issuer: `Castellan ${names.house}`, label: names.person }
  const uri = new TOTP({ ...form, ...label, secret: Secret.fromBase32(secret) }).toString()
  const { data } = encode(uri, { border: 0 })
  return { secret, uri, qr: data.map((row) => row.map((dark) => (dark ? '1' : '0')).join('')) }
}
