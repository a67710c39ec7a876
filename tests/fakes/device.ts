/**
 * The device's side of a pairing, written from docs/guide/devices.md and sharing no code with the server but the list of
 * words: what the server computes is compared with what this computes.
 */
import {
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'
import type { DeviceKey, DeviceKind, Hello, Redeemed } from '@castellan/contracts'
import { words } from '../../packages/server/src/pairing/words.ts'

/** Sends a JSON body by POST to a path of the server. */
export type Post = (path: string, body: unknown) => Promise<Response>

export interface Device {
  readonly name: string
  readonly kind: DeviceKind
  readonly key: DeviceKey
  /** Signs a text with the device's key, base64url. */
  sign(text: string): string
}

/** A device with a new key. */
export function newDevice(
  name = 'Mia’s phone',
  curve: 'Ed25519' | 'P-256' = 'Ed25519',
  kind: DeviceKind = 'phone',
): Device {
  const { privateKey, publicKey } =
    curve === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = publicKey.export({ format: 'jwk' }) as DeviceKey
  const algorithm = curve === 'Ed25519' ? null : 'sha256'
  return {
    ...{ name, kind, key },
    sign: (text) =>
      sign(algorithm, Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
        'base64url',
      ),
  }
}

/** A key pair for one pairing. */
export function newAgreement() {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  return { privateKey, jwk: publicKey.export({ format: 'jwk' }) as { kty: 'OKP'; crv: 'X25519'; x: string } }
}

/** RFC 8785 for what is signed and compared here: names sorted, nothing but strings. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

const sha256 = (text: string) => createHash('sha256').update(text)
const plainCode = (code: string) => code.replaceAll('-', '').toUpperCase()

/** What a device holds while the person compares. */
export interface Compared {
  readonly pairing: string
  readonly phrase: string
  readonly answer: Redeemed
}

/** What is asked for with a code that is spent; `over` replaces parts of it, before they are signed. */
export interface Spending {
  readonly server: string
  readonly code: string
  readonly commitment: string
  readonly agreement?: ReturnType<typeof newAgreement>
}

/** The body of POST /auth/pair/redeem. */
export function redeemBody(
  device: Device,
  { server, code, commitment, agreement = newAgreement() }: Spending,
) {
  const nonce = randomBytes(32).toString('base64url')
  const { name, kind, key } = device
  const shown = { name, kind, key, agreement: agreement.jwk, nonce }
  const digest = sha256(plainCode(code)).digest('hex')
  const proof = device.sign(
    canonical({ v: 'castellan-pair-1 redeem', server, code: digest, commitment, device: shown }),
  )
  return { code, commitment, ...shown, proof }
}

/** The words that a device shows; throws where the house does not open its commitment. */
export function phraseFor(
  { server, agreement }: { server: string; agreement: { privateKey: KeyObject } },
  sent: ReturnType<typeof redeemBody>,
  answer: Redeemed,
): string {
  const house = { pairing: answer.pairing, agreement: answer.agreement, nonce: answer.nonce }
  if (sha256(canonical({ v: 'castellan-pair-1', ...house })).digest('base64url') !== sent.commitment)
    throw new Error('the house did not open its commitment')
  const { code, commitment, name, kind, key, agreement: own, nonce } = sent
  const text = canonical({
    ...{ v: 'castellan-pair-1 phrase', server, code: sha256(plainCode(code)).digest('hex'), commitment },
    ...{ device: { name, kind, key, agreement: own, nonce }, house },
  })
  const publicKey = createPublicKey({ key: answer.agreement, format: 'jwk' })
  const shared = diffieHellman({ privateKey: agreement.privateKey, publicKey })
  const mac = createHmac('sha256', Buffer.from(hkdfSync('sha256', shared, '', 'castellan-pair-1 phrase', 32)))
    .update(text)
    .digest()
  const bits = [...mac.subarray(0, 6)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return [0, 11, 22, 33].map((at) => words[Number.parseInt(bits.slice(at, at + 11), 2)]).join(' ')
}

/** Pairs as far as the words: asks for the commitment where it has none, spends the code, computes the phrase. */
export async function spendCode(
  device: Device,
  post: Post,
  given: { server: string; code: string; commitment?: string },
): Promise<Compared> {
  const commitment =
    given.commitment ?? (await read<Hello>(await post('/auth/pair/hello', { code: given.code }))).commitment
  const agreement = newAgreement()
  const body = redeemBody(device, { ...given, commitment, agreement })
  const answer = await read<Redeemed>(await post('/auth/pair/redeem', body))
  return { pairing: answer.pairing, phrase: phraseFor({ ...given, agreement }, body, answer), answer }
}

/** The body of POST /auth/device/token. */
export function tokenBody(device: Device, given: { server: string; id: string; nonce: string }) {
  const { server, id, nonce } = given
  const proof = device.sign(canonical({ v: 'castellan-device-token-1', server, device: id, nonce }))
  return { device: id, nonce, proof }
}

async function read<T>(answer: Response): Promise<T> {
  if (answer.ok) return (await answer.json()) as T
  throw new Error(`${answer.status} ${await answer.text()}`)
}
