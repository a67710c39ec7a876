/**
 * Signed calls between processes of the house: who calls whom, with what, when, once. A header carries caller, time, nonce,
 * the body's SHA-256 and an HMAC-SHA256 over all of them with method and target, under a key of that ordered pair of
 * services. It is checked before the body is read; the body's hash while it is.
 */
import {
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** Every process that signs or is signed to. A new one is a new name here, never a second use of another's. */
export const services = ['server', 'graphql'] as const
export type Service = (typeof services)[number]

/** The header that carries the proof over HTTP; lower case, as node and hono name headers. */
export const callHeader = 'x-castellan-call'

/** How far the clocks of caller and callee may differ, and so how old a call may be, in milliseconds. */
export const skewMs = 60_000

declare const keyBrand: unique symbol
/** The key of one ordered pair of services, 32 bytes. */
export type PairKey = KeyObject & { readonly [keyBrand]: true }

/** Derives the key of calls from one service to another by HKDF-SHA256 (RFC 5869); `root` has 32 bytes or more. */
export function pairKey(root: Uint8Array, caller: Service, callee: Service): PairKey {
  if (root.byteLength < 32) throw new TypeError('the root of internal keys has fewer than 32 bytes')
  return readKey(Buffer.from(hkdfSync('sha256', root, '', `castellan:internal:v1:${caller}>${callee}`, 32)))
}

/** A key that was handed over as its bytes. */
export function readKey(bytes: Uint8Array): PairKey {
  return createSecretKey(bytes) as PairKey
}

/** What is signed besides time, nonce and the body. */
export interface Call {
  readonly method: string
  /** Path and query as they stand in the request line. */
  readonly target: string
  readonly caller: Service
  readonly callee: Service
}

/** What a header says, once its form is right; nothing of it is believed before the MAC is. */
export interface Proof {
  readonly caller: Service
  /** Milliseconds since 1970. */
  readonly time: number
  /** 16 random bytes, base64url. */
  readonly nonce: string
  /** SHA-256 of the body. */
  readonly body: Buffer
  readonly mac: Buffer
}

/** SHA-256 of a body that is at hand whole. */
export function hashOf(body: Uint8Array | string): Buffer {
  return hash('sha256', body, 'buffer')
}

/** Makes the header of a call; each has a nonce of its own unless one is given (tests). */
export function signCall(
  key: PairKey,
  call: Call,
  body: Buffer,
  time: number,
  nonce = randomBytes(16).toString('base64url'),
): { readonly header: string; readonly nonce: string } {
  const mac = macOf(key, call, { time, nonce, body })
  const parts = [
    'v1',
    call.caller,
    String(time),
    nonce,
    body.toString('base64url'),
    mac.toString('base64url'),
  ]
  return { header: parts.join('.'), nonce }
}

const form = /^v1\.([a-z]{1,20})\.(\d{13})\.([\w-]{22})\.([\w-]{43})\.([\w-]{43})$/

/** Reads a header's form; undefined for anything that signCall would not have written. */
export function readProof(header: string | null | undefined): Proof | undefined {
  const found = form.exec(header ?? '')
  if (found === null) return undefined
  const [, caller, time, nonce = '', body = '', mac = ''] = found
  const known = services.find((each) => each === caller)
  if (known === undefined || !isCanonical(nonce, 16) || !isCanonical(body, 32) || !isCanonical(mac, 32)) {
    return undefined
  }
  const bytes = (text: string) => Buffer.from(text, 'base64url')
  return { caller: known, time: Number(time), nonce, body: bytes(body), mac: bytes(mac) }
}

/** The last character of unpadded base64url has idle bits; two texts of the same bytes would be two nonces. */
function isCanonical(text: string, length: number): boolean {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === length && bytes.toString('base64url') === text
}

/** Whether the MAC is that of this call, in constant time. Time and nonce have to be looked at besides. */
export function isSigned(key: PairKey, call: Call, proof: Proof): boolean {
  return timingSafeEqual(macOf(key, call, proof), proof.mac)
}

function macOf(key: PairKey, call: Call, proof: Pick<Proof, 'time' | 'nonce' | 'body'>): Buffer {
  const { method, target, caller, callee } = call
  const parts = ['castellan-call-v1', method, target, String(proof.time), proof.nonce, caller, callee]
  return createHmac('sha256', key)
    .update(delimited([...parts.map((each) => Buffer.from(each)), proof.body]))
    .digest()
}

/** Makes the header of an answer: bound to the call by its nonce, to the status and to the body. */
export function signAnswer(key: PairKey, nonce: string, status: number, body: Buffer): string {
  return `v1.${body.toString('base64url')}.${answerMac(key, nonce, status, body).toString('base64url')}`
}

/** The SHA-256 that an answer's body must have; undefined when the header is not the callee's answer to this call. */
export function readAnswer(
  key: PairKey,
  header: string | undefined,
  nonce: string,
  status: number,
): Buffer | undefined {
  const found = /^v1\.([\w-]{43})\.([\w-]{43})$/.exec(header ?? '')
  if (found === null) return undefined
  const [, body = '', mac = ''] = found
  if (!isCanonical(body, 32) || !isCanonical(mac, 32)) return undefined
  const hash = Buffer.from(body, 'base64url')
  return timingSafeEqual(answerMac(key, nonce, status, hash), Buffer.from(mac, 'base64url'))
    ? hash
    : undefined
}

function answerMac(key: PairKey, nonce: string, status: number, body: Buffer): Buffer {
  const parts = ['castellan-answer-v1', nonce, String(status)].map((each) => Buffer.from(each))
  return createHmac('sha256', key)
    .update(delimited([...parts, body]))
    .digest()
}

/** Each part behind its length in four bytes, so that no two lists of parts read the same. */
function delimited(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(part.byteLength)
      return [length, part]
    }),
  )
}
