/**
 * An authenticator in software that says whatever a test has it say: another origin, another name, no verification of its
 * user, a counter that goes back. It speaks WebAuthn's own form, so that nothing but the lie differs from a real one.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import type { PasskeyAssertion, PasskeyAttestation } from '@castellan/contracts'
import { isoCBOR } from '@simplewebauthn/server/helpers'

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()
const text = (bytes: Buffer) => bytes.toString('base64url')

/** What may be said wrongly. */
export interface Lies {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly verified?: boolean
  readonly present?: boolean
  readonly counter?: number
  readonly type?: string
  readonly crossOrigin?: boolean
  readonly userHandle?: string
  /** Signs with another key than the one that was registered. */
  readonly forged?: boolean
  /** The format of the attestation, and its certificates. */
  readonly attestation?: {
    readonly fmt: string
    readonly x5c?: readonly Buffer[]
    readonly sign?: (data: Buffer) => Buffer
  }
}

/** One key of it, as a site sees it. */
export interface FakePasskey {
  readonly id: string
  create(options: unknown, lies?: Lies): PasskeyAttestation
  /** Counts on by itself. */
  show(options: unknown, lies?: Lies): PasskeyAssertion
}

interface Options {
  readonly challenge: string
  readonly rp?: { readonly id?: string }
  readonly rpId?: string
}

/** A new key for pages of an origin. */
export function fakePasskey(origin: string): FakePasskey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  let count = 0
  const clientData = (type: string, { challenge }: Options, lies: Lies) =>
    Buffer.from(
      JSON.stringify({
        type: lies.type ?? type,
        challenge: lies.challenge ?? challenge,
        origin: lies.origin ?? origin,
        crossOrigin: lies.crossOrigin ?? false,
      }),
    )
  const authenticatorData = (rpId: string, lies: Lies, credential: Buffer | null) => {
    const present = lies.present ?? true
    const verified = lies.verified ?? true
    const flags = (present ? 1 : 0) | (verified ? 4 : 0) | (credential === null ? 0 : 0x40)
    const counter = Buffer.alloc(4)
    count += 1
    counter.writeUInt32BE(lies.counter ?? count)
    return Buffer.concat([
      sha256(lies.rpId ?? rpId),
      Buffer.from([flags]),
      counter,
      credential ?? Buffer.alloc(0),
    ])
  }
  return {
    id: text(id),
    create(given, lies = {}) {
      const options = given as Options
      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const credential = Buffer.concat([Buffer.alloc(16), length, id, coseKey(publicKey)])
      const data = authenticatorData(options.rp?.id ?? '', lies, credential)
      const { fmt = 'none', x5c, sign: attest } = lies.attestation ?? {}
      const client = clientData('webauthn.create', options, lies)
      const signature = attest?.(Buffer.concat([data, sha256(client)])) ?? Buffer.alloc(64)
      const statement = new Map<string, unknown>(
        x5c === undefined
          ? []
          : [
              ['alg', -7],
              ['sig', new Uint8Array(signature)],
              ['x5c', x5c.map((each) => new Uint8Array(each))],
            ],
      )
      const object = new Map<string, unknown>([
        ['fmt', fmt],
        ['attStmt', statement],
        ['authData', new Uint8Array(data)],
      ])
      return {
        ...{ id: text(id), rawId: text(id), type: 'public-key', clientExtensionResults: {} },
        response: {
          clientDataJSON: text(client),
          attestationObject: text(Buffer.from(isoCBOR.encode(object as never))),
          transports: ['internal'],
        },
      }
    },
    show(given, lies = {}) {
      const options = given as Options
      const client = clientData('webauthn.get', options, lies)
      const data = authenticatorData(options.rpId ?? '', lies, null)
      const signer =
        lies.forged === true ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey : privateKey
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), signer)
      return {
        ...{ id: text(id), rawId: text(id), type: 'public-key', clientExtensionResults: {} },
        response: {
          clientDataJSON: text(client),
          authenticatorData: text(data),
          signature: text(signature),
          ...(lies.userHandle === undefined ? {} : { userHandle: lies.userHandle }),
        },
      }
    },
  }
}

/** A public key as COSE writes it (RFC 9053, section 7.1.1). */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const bytes = (value: string) => new Uint8Array(Buffer.from(value, 'base64url'))
  const map = new Map<number, number | Uint8Array>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, bytes(x)],
    [-3, bytes(y)],
  ])
  return Buffer.from(isoCBOR.encode(map as never))
}
