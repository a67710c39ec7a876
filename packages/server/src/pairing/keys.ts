/** Public keys of devices, and the house's own keys for one pairing, which are derived and so never stored. */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  verify,
} from 'node:crypto'
import { AgreementKey, type DeviceKey } from '@castellan/contracts'
import { canonicalJson } from '@castellan/kernel'
import type { Opening } from './phrase.ts'

/** The JWK thumbprint (RFC 7638) of a device's key, base64url. */
export function thumbprintOf(key: DeviceKey): string {
  return createHash('sha256')
    .update(canonicalJson({ ...key }))
    .digest('base64url')
}

/** Whether a signature was made with a device's key; false also for a key that is no point of its curve. */
export function isSignedBy(key: DeviceKey, text: string, signature: string): boolean {
  try {
    const publicKey = createPublicKey({ key: { ...key }, format: 'jwk' })
    const algorithm = key.kty === 'EC' ? 'sha256' : null
    const form = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
    return verify(algorithm, Buffer.from(text), form, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}

/** The house's part in one pairing. */
export interface HouseKeys extends Opening {
  /** The X25519 secret with a device's key; undefined for a key that makes it predictable (RFC 7748, section 6.1). */
  agree(device: AgreementKey): Buffer | undefined
}

/** Derived from a secret of the house and the pairing's id: a stolen table holds nothing, a restart loses nothing. */
export function houseKeys(root: Buffer, pairing: string): HouseKeys {
  const seed = Buffer.from(hkdfSync('sha256', root, '', `agreement ${pairing}`, 32))
  // The PKCS #8 form of a raw X25519 key (RFC 8410, section 7).
  const prefix = Buffer.from('302e020100300506032b656e04220420', 'hex')
  const privateKey = createPrivateKey({ key: Buffer.concat([prefix, seed]), format: 'der', type: 'pkcs8' })
  const { kty, crv, x } = createPublicKey(privateKey).export({ format: 'jwk' })
  return {
    pairing,
    agreement: AgreementKey.parse({ kty, crv, x }),
    nonce: createHmac('sha256', root).update(`nonce ${pairing}`).digest('base64url'),
    agree: (device) => agree(privateKey, device),
  }
}

function agree(privateKey: KeyObject, device: AgreementKey): Buffer | undefined {
  try {
    const publicKey = createPublicKey({ key: { ...device }, format: 'jwk' })
    return diffieHellman({ privateKey, publicKey })
  } catch {
    return undefined
  }
}
