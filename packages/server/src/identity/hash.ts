/**
 * People's passwords as argon2id hashes in PHC strings (RFC 9106). What is asked for here is the cost that an attacker with
 * a stolen table pays per guess; at most two are computed at once, because each takes 64 MiB.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** Memory in KiB, passes, lanes. */
interface Cost {
  readonly m: number
  readonly t: number
  readonly p: number
}

const cost: Cost = { m: 65_536, t: 3, p: 1 }
const tagBytes = 32
const phc =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,128})$/

const derive = promisify(argon2)

/** The PHC string to be stored for a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const tag = await compute(password, salt, cost, tagBytes)
  return `$argon2id$v=19$m=${cost.m},t=${cost.t},p=${cost.p}$${unpadded(salt)}$${unpadded(tag)}`
}

/** Whether a password is the one of a stored hash, and whether that should be made anew at today's cost. */
export async function verifyPassword(
  password: string,
  stored: string,
): Promise<{ readonly right: boolean; readonly stale: boolean }> {
  const [, m, t, p, salt = '', tag = ''] = phc.exec(stored) ?? []
  if (m === undefined) throw new TypeError('a stored password is no argon2id hash')
  const then: Cost = { m: Number(m), t: Number(t), p: Number(p) }
  const expected = Buffer.from(tag, 'base64')
  const given = await compute(password, Buffer.from(salt, 'base64'), then, expected.byteLength)
  const stale = then.m < cost.m || then.t < cost.t || then.p !== cost.p
  return { right: timingSafeEqual(given, expected), stale }
}

let absent: Promise<string> | undefined

/** A hash that no password has, so that an unknown person costs the same time as a known one. */
export function hashOfNobody(): Promise<string> {
  absent ??= hashPassword(randomBytes(32).toString('base64'))
  return absent
}

const atOnce = 2
let running = 0
const waiting: (() => void)[] = []

async function compute(
  password: string,
  nonce: Buffer,
  { m, t, p }: Cost,
  tagLength: number,
): Promise<Buffer> {
  if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  try {
    // One spelling per password, however a keyboard composes its letters (RFC 8265, section 4.2).
    const message = password.normalize('NFC')
    return Buffer.from(
      await derive('argon2id', { message, nonce, parallelism: p, tagLength, memory: m, passes: t }),
    )
  } finally {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')
