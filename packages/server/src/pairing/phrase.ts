/**
 * The four words that both sides show. The house commits to its key and nonce before it sees the device's (the QR code
 * holds that commitment), and opens it only afterwards: so neither side, nor anyone between them, can try keys until the
 * words fit. docs/adr/0024 has the argument.
 */
import { createHash, createHmac, hkdfSync } from 'node:crypto'
import type { AgreementKey, DeviceKey } from '@castellan/contracts'
import { canonicalJson } from '@castellan/kernel'
import { words } from './words.ts'

const version = 'castellan-pair-1'

/** What opens a commitment; the private half stays with the house. */
export interface Opening {
  readonly pairing: string
  readonly agreement: AgreementKey
  /** 32 bytes, base64url. */
  readonly nonce: string
}

/** What both sides have seen, by the names of their roles. */
export interface Transcript {
  /** The origin that the device has called, as `scheme://host[:port]`. */
  readonly server: string
  /** SHA-256 of the code, hex. */
  readonly code: string
  readonly commitment: string
  readonly device: {
    readonly name: string
    readonly kind: string
    readonly key: DeviceKey
    readonly agreement: AgreementKey
    readonly nonce: string
  }
  readonly house: Opening
}

/** SHA-256 over the RFC 8785 text of an opening, base64url. */
export function commitmentOf({ pairing, agreement, nonce }: Opening): string {
  const text = canonicalJson({ v: version, pairing, agreement: { ...agreement }, nonce })
  return createHash('sha256').update(text).digest('base64url')
}

/** What a device signs to show that the key it names is its own: all it says, and to whom. */
export function redeemText({ server, code, commitment, device }: Omit<Transcript, 'house'>): string {
  return canonicalJson({ v: `${version} redeem`, server, code, commitment, device: plain(device) })
}

/** What a device signs for an access token. */
export function tokenText(given: { server: string; device: string; nonce: string }): string {
  return canonicalJson({ v: 'castellan-device-token-1', ...given })
}

/** Four words of 11 bits: HMAC-SHA256 over the transcript, under a key that only the two ends of the ECDH have. */
export function phraseOf(shared: Uint8Array, transcript: Transcript): string {
  const { server, code, commitment, device, house } = transcript
  const text = canonicalJson({
    ...{ v: `${version} phrase`, server, code, commitment, device: plain(device) },
    house: { pairing: house.pairing, agreement: { ...house.agreement }, nonce: house.nonce },
  })
  const key = Buffer.from(hkdfSync('sha256', shared, '', `${version} phrase`, 32))
  const bits = createHmac('sha256', key).update(text).digest().readBigUInt64BE() >> 20n
  return [33n, 22n, 11n, 0n].map((shift) => words[Number((bits >> shift) & 2047n)]).join(' ')
}

function plain({ name, kind, key, agreement, nonce }: Transcript['device']) {
  return { name, kind, key: { ...key }, agreement: { ...agreement }, nonce }
}
