/**
 * Signed statements of what the head of a chain was. They lie in the database and, line by line, in a file outside it:
 * a chain without a secret can be rewritten whole by whoever owns the database, a signature over its head cannot.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { canonicalJson } from '@castellan/kernel'
import * as z from 'zod'

/** "At this time the chain had this head", signed. */
export const Checkpoint = z.strictObject({
  v: z.literal(1),
  tenant: z.string(),
  seq: z.int(),
  hash: z.string(),
  /** Rows up to and with the head. */
  count: z.int(),
  at: z.string(),
  /** Id of the public key: the first 16 hex digits of the SHA-256 of its 32 bytes. */
  key: z.string(),
  /** Ed25519 over the RFC 8785 JSON of the other members but `key`, base64. */
  signature: z.string(),
})
export type Checkpoint = z.infer<typeof Checkpoint>

/** What a checkpoint says. */
export type Claim = Omit<Checkpoint, 'v' | 'key' | 'signature'>

/** Signs checkpoints, and knows its own again. */
export interface Signer {
  /** Base64 of the 32 bytes. */
  readonly publicKey: string
  sign(claim: Claim): Checkpoint
}

/** PKCS #8 and SPKI wrapping of a raw Ed25519 key (RFC 8410). */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex')

/** The signer of a 32-byte seed. */
export function signerOf(seed: Uint8Array): Signer {
  if (seed.length !== 32) throw new TypeError('an Ed25519 seed has 32 bytes')
  const key = createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length)
  return {
    publicKey: raw.toString('base64'),
    sign({ tenant, seq, hash, count, at }) {
      const claim = { tenant, seq, hash, count, at }
      return { v: 1, ...claim, key: keyId(raw), signature: sign(null, signed(claim), key).toString('base64') }
    },
  }
}

/** Whether a checkpoint was signed by the owner of this public key (base64 of 32 bytes). */
export function isGenuine(checkpoint: Checkpoint, publicKey: string): boolean {
  const raw = Buffer.from(publicKey, 'base64')
  if (raw.length !== 32 || checkpoint.key !== keyId(raw)) return false
  return verify(null, signed(checkpoint), publicKeyOf(raw), Buffer.from(checkpoint.signature, 'base64'))
}

function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([publicPrefix, raw]), format: 'der', type: 'spki' })
}

function keyId(raw: Uint8Array): string {
  return createHash('sha256').update(raw).digest('hex').slice(0, 16)
}

function signed({ tenant, seq, hash, count, at }: Claim): Buffer {
  return Buffer.from(canonicalJson({ v: 1, tenant, seq, hash, count, at }))
}

/** The checkpoints of a tenant in the file, in its order; none when there is no file. A torn line counts as absent. */
export async function readCheckpointFile(path: string, tenant: string): Promise<Checkpoint[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw unreadable(path, error)
  }
  return text.split('\n').flatMap((line) => {
    const parsed = Checkpoint.safeParse(parseJson(line))
    return parsed.success && parsed.data.tenant === tenant ? [parsed.data] : []
  })
}

/** Adds a line to the file and waits until the disk has it. */
export async function writeCheckpointFile(path: string, checkpoint: Checkpoint): Promise<void> {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants
  let file: FileHandle | undefined
  try {
    file = await open(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_RDWR, 0o600)
    const start = (await endsInTheMiddle(file)) ? '\n' : ''
    await file.appendFile(`${start}${JSON.stringify(checkpoint)}\n`)
    await file.sync()
    await syncDirectory(dirname(path))
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    await file?.close()
  }
}

/** True after a crash in the middle of a write, so that the next line must not be glued to the torn one. */
async function endsInTheMiddle(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] !== 0x0a
}

/** A new file is on disk only when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // Torn or not ours: the checkpoint it held is then missing beside the table's, and that is reported.
    return null
  }
}

function unreadable(path: string, cause: unknown): CastellanError {
  return new CastellanError('internal', `The ledger's checkpoint file ${path} cannot be used.`, {
    hint: 'see that it is a plain file, writable by the user who runs Castellan, and that the disk is not full',
    cause,
  })
}
