/**
 * Keys made from SECRET_KEY_BASE. Every purpose gets its own key by HKDF-SHA256 (RFC 5869), so that no two uses ever
 * share one; the base itself encrypts and signs nothing.
 */
import { hkdfSync } from 'node:crypto'
import { CastellanError } from '@castellan/contracts'

/** The purposes there are. A new one is a new row, never a second use of an old one. */
const purposes = {
  /** AES-256-GCM key of vault values. */
  vault: 'castellan:vault:v1',
  /** Names a base without telling anything about it. */
  'key-id': 'castellan:key-id:v1',
  /** Key of the leak fingerprints. */
  leak: 'castellan:leak:v1',
  /** Ed25519 seed of the ledger's checkpoints. */
  'ledger-checkpoint': 'castellan:ledger-checkpoint:v1',
  /** Root of the keys by which processes of the house sign what they say to each other. */
  internal: 'castellan:internal:v1',
  /** Hashes of pairing codes and senders, and the house's keys in a pairing. */
  pairing: 'castellan:pairing:v1',
} as const

const minimumBytes = 32

/** Derives the key of a purpose, 32 bytes. Throws `bad_configuration` when the base is shorter than 32 bytes. */
export function deriveKey(secretKeyBase: string, purpose: keyof typeof purposes): Buffer {
  if (Buffer.byteLength(secretKeyBase) < minimumBytes) {
    throw new CastellanError('bad_configuration', `SECRET_KEY_BASE is shorter than ${minimumBytes} bytes.`, {
      hint: 'put back the value from your backup of .env.secrets; without it the stored secrets cannot be read',
    })
  }
  return Buffer.from(hkdfSync('sha256', secretKeyBase, '', purposes[purpose], 32))
}
