/** The device's side of pairing, for programs on this stack: `castellan pair --redeem` and `castellan device token`. */
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import {
  AgreementKey,
  CastellanError,
  DeviceKey,
  type DeviceKind,
  DeviceName,
  type Redeemed,
  type RedeemRequest,
} from '@castellan/contracts'
import * as z from 'zod'
import { digestOfCode, parseCode } from './code.ts'
import { commitmentOf, phraseOf, redeemText, tokenText } from './phrase.ts'

/** What a device keeps, in a file that nobody else reads. */
export const KeptDevice = z.strictObject({
  server: z.url(),
  device: z.uuid(),
  /** Ed25519 with its private half (RFC 8037). */
  key: z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string(), d: z.string() }),
})
export type KeptDevice = z.infer<typeof KeptDevice>
type PrivateKey = KeptDevice['key']

/** A new key; it is never sent anywhere. */
export function newDeviceKey(): PrivateKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  return KeptDevice.shape.key.parse(privateKey.export({ format: 'jwk' }))
}

/** What a pairing link says; throws `bad_request`. */
export interface PairingLink {
  readonly server: string
  readonly code: string
  readonly commitment: string
}

/** Reads a link of a QR code, `https://castle.example/pair#CODE.COMMITMENT`. */
export function readLink(text: string): PairingLink {
  const url = URL.parse(text)
  const [codeText = '', commitment = '', ...rest] = url?.hash.slice(1).split('.') ?? []
  const code = parseCode(codeText)
  const isOurs = url?.pathname === '/pair' && code !== undefined && rest.length === 0
  if (!isOurs || !/^[\w-]{43}$/.test(commitment) || !/^https?:$/.test(url.protocol)) {
    throw new CastellanError('bad_request', 'This is no pairing link.', {
      hint: 'it looks like https://castle.example/pair#… and stands below the QR code; put it into quotes',
    })
  }
  return { server: url.origin, code, commitment }
}

/** A request for a link's code, and the words that its answer makes. */
export interface Redeeming {
  readonly request: RedeemRequest
  /** Throws `refused` when the answer does not come from the house that made the link. */
  phrase(answer: Redeemed): string
}

/** Prepares to spend a code with a key. */
export function prepareRedeeming(
  { server, code: text, commitment }: PairingLink,
  device: { readonly name: string; readonly kind: DeviceKind; readonly key: PrivateKey },
): Redeeming {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  const shown = {
    name: nameOf(device.name),
    kind: device.kind,
    key: publicOf(device.key),
    agreement: AgreementKey.parse(publicKey.export({ format: 'jwk' })),
    nonce: randomBytes(32).toString('base64url'),
  }
  const code = digestOfCode(text)
  const proof = signed(device.key, redeemText({ server, code, commitment, device: shown }))
  return {
    request: { ...shown, code: text, commitment, proof },
    phrase(house) {
      if (commitmentOf(house) !== commitment) {
        throw new CastellanError('refused', 'The answer is not from the house that made this link.', {
          hint: 'someone may stand between this device and the house; say no there, and try from another network',
        })
      }
      return phraseOf(secretOf(privateKey, house.agreement), {
        server,
        code,
        commitment,
        device: shown,
        house,
      })
    },
  }
}

/** What a paired device sends for an access token. */
export function signNonce({ server, device, key }: KeptDevice, nonce: string) {
  return { device, nonce, proof: signed(key, tokenText({ server, device, nonce })) }
}

function nameOf(text: string): string {
  const name = DeviceName.safeParse(text)
  if (name.success) return name.data
  throw new CastellanError('bad_request', 'A device is named by one line of at most 80 characters.')
}

function publicOf({ kty, crv, x }: PrivateKey): DeviceKey {
  return DeviceKey.parse({ kty, crv, x })
}

function signed(key: PrivateKey, text: string): string {
  const privateKey = createPrivateKey({ key, format: 'jwk' })
  return sign(null, Buffer.from(text), privateKey).toString('base64url')
}

function secretOf(privateKey: KeyObject, key: AgreementKey): Buffer {
  return diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: 'jwk' }) })
}
