/**
 * How a vault value is stored: `enc:v1:` and the base64 of
 *
 *     key id (8 bytes) ‖ IV (12 bytes, random) ‖ ciphertext ‖ tag (16 bytes)
 *
 * under AES-256-GCM. Associated data is the RFC 8785 JSON of ["castellan.secrets", tenant, name, key id in hex], so that a
 * value opens in its own row only. Key and key id are derived from SECRET_KEY_BASE (keys.ts).
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { CastellanError } from '@castellan/contracts'
import { canonicalJson } from '@castellan/kernel'
import { deriveKey } from './keys.ts'

const prefix = 'enc:v1:'
const idBytes = 8
const ivBytes = 12
const tagBytes = 16

/** The row that a value belongs to. */
export interface Place {
  readonly tenant: string
  readonly name: string
}

export interface Sealer {
  /** Which SECRET_KEY_BASE this is, 16 hex digits; tells nothing about it. */
  readonly keyId: string
  seal(place: Place, value: string): string
  /** Throws `secret_unreadable` when the value was made with another key, for another row, or was altered. */
  open(place: Place, sealed: string): string
}

/** Seals and opens under a SECRET_KEY_BASE. Throws `bad_configuration` when that is shorter than 32 bytes. */
export function sealerOf(secretKeyBase: string): Sealer {
  const key = deriveKey(secretKeyBase, 'vault')
  const id = deriveKey(secretKeyBase, 'key-id').subarray(0, idBytes)
  const keyId = id.toString('hex')
  return {
    keyId,
    seal(place, value) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
      cipher.setAAD(identity(place, keyId))
      const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()])
      return prefix + Buffer.concat([id, iv, body, cipher.getAuthTag()]).toString('base64')
    },
    open(place, sealed) {
      const bytes = parse(place, sealed)
      if (!bytes.subarray(0, idBytes).equals(id))
        throw unreadable(place, 'was stored with another SECRET_KEY_BASE')
      const iv = bytes.subarray(idBytes, idBytes + ivBytes)
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
      decipher.setAAD(identity(place, keyId))
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      try {
        const body = bytes.subarray(idBytes + ivBytes, -tagBytes)
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw unreadable(place, 'was altered in the database, or belongs to another row', cause)
      }
    },
  }
}

/** Whether a value opens in its row. */
export function opens(sealer: Sealer, place: Place, sealed: string): boolean {
  try {
    sealer.open(place, sealed)
    return true
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'secret_unreadable') return false
    throw error
  }
}

function identity({ tenant, name }: Place, keyId: string): Buffer {
  return Buffer.from(canonicalJson(['castellan.secrets', tenant, name, keyId]))
}

function parse(place: Place, sealed: string): Buffer {
  const text = sealed.slice(prefix.length)
  const bytes = Buffer.from(text, 'base64')
  const whole = sealed.startsWith(prefix) && bytes.toString('base64') === text
  if (!whole || bytes.length < idBytes + ivBytes + tagBytes)
    throw unreadable(place, 'is not in the form enc:v1')
  return bytes
}

function unreadable({ name }: Place, why: string, cause?: unknown): CastellanError {
  return new CastellanError(
    'secret_unreadable',
    `The stored secret ${name} ${why}. Nothing was overwritten.`,
    {
      hint: `put the old SECRET_KEY_BASE back, or: castellan secrets unset ${name}, then castellan secrets set ${name}`,
      cause,
    },
  )
}
