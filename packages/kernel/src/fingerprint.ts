/**
 * Keyed fingerprints of secrets in the encodings they may leave in. The index holds hashes of short pieces and which bytes
 * of the secret each piece stands for, no plaintext. It resists reading it by chance (a heap dump, a log), not someone who
 * also holds the key and guesses piece by piece.
 */
import { type Pieces, type PieceTable, pieceTable, tagOf } from './piece.ts'
import { kept, skipsGaps } from './view.ts'

/** Something that must not leave. */
export interface NamedSecret {
  readonly name: string
  readonly value: string
}

/** One secret in one encoding. */
export interface EncodingFacts {
  readonly secret: number
  readonly bitsPerCharacter: number
}

/** What is known of a secret without knowing it. */
export interface SecretFacts {
  readonly name: string
  /** Changes with the value, so that positions of an old value are not taken for ones of the new. */
  readonly id: string
  readonly bytes: number
  /** 1 for bytes that count, 0 for those of everyday words (`postgres`, `example`) that a text may hold by chance. */
  readonly weights: Uint8Array
}

/** Fingerprints of secrets in all their encodings; made by `leakIndex`, read by `scan`. */
export interface LeakIndex {
  readonly secrets: readonly SecretFacts[]
  readonly encodings: readonly EncodingFacts[]
  /** Case-sensitive short pieces, of values with much variety only; catches a value sent in small parts. */
  readonly fine: PieceTable
  /** Long pieces without regard to case and gaps, of every value. */
  readonly coarse: PieceTable
}

/** Vault values are at least this long; anything shorter is in too many innocent texts. */
export const minimumSecretLength = 8

/** Short pieces of long values would only cost memory: no one sends those in parts of four. */
const fineLimit = 1024

/**
 * Builds the index. Values under `minimumSecretLength` are left out. `key` is 16 bytes or more, secret, and the same
 * wherever results of `scan` are kept.
 */
export function leakIndex(secrets: Iterable<NamedSecret>, key: Uint8Array): LeakIndex {
  const facts: SecretFacts[] = []
  const encodings: EncodingFacts[] = []
  const fine: Pieces[] = []
  const coarse: Pieces[] = []
  for (const { name, value } of secrets) {
    if (value.length < minimumSecretLength) continue
    const secret = facts.length
    facts.push({ name, id: `${name}#${tagOf(value, key)}`, ...measure(value) })
    const varied = value.length <= fineLimit && !isNarrow(value)
    const add = (to: Pieces[], { text, bitAt, ...encoded }: Encoded) =>
      to.push({ encoding: encodings.push({ secret, ...encoded }) - 1, text, bitAt })
    for (const encoded of encodingsOf(value)) {
      const closed = withoutGaps(encoded)
      add(coarse, closed)
      // Four hexadecimal digits are two bytes: in every other text. A value of gaps has nothing but short pieces.
      if ((varied && encoded.bitsPerCharacter > 4) || closed.text.length < 8) add(fine, encoded)
    }
  }
  return {
    secrets: facts,
    encodings,
    fine: pieceTable(4, fine, key, sameAlphabet),
    coarse: pieceTable(8, coarse, key, (code) => sameAlphabet(lowerCase(code))),
  }
}

function measure(value: string): Pick<SecretFacts, 'bytes' | 'weights'> {
  const bytes = Buffer.byteLength(value)
  const weights = new Uint8Array(bytes).fill(1)
  for (const { index, 0: word } of value.matchAll(/[A-Z]?[a-z]{3,}|[A-Z]{4,}/g)) {
    const start = Buffer.byteLength(value.slice(0, index))
    weights.fill(0, start, start + word.length)
  }
  const left = weights.reduce((sum, weight) => sum + weight, 0)
  // A value that is words for the most part has nothing else to go by.
  return { bytes, weights: left >= Math.max(12, bytes / 3) ? weights : weights.fill(1) }
}

/** Values whose short pieces are in many innocent texts: numbers, hexadecimal digits, words. */
function isNarrow(value: string): boolean {
  return (
    /^[\d\s.+-]*$|^[\da-f-]*$|^[\dA-F-]*$/.test(value) ||
    value.split(/[\s.,'_-]+/).every((word) => /^([A-Z]?[a-z]*|[A-Z]*)$/.test(word))
  )
}

interface Encoded {
  readonly text: string
  readonly bitsPerCharacter: number
  /** Falls when the text runs backwards. */
  readonly bitAt: (i: number) => number
}

/** For the search that passes over gaps. */
function withoutGaps({ text, bitsPerCharacter, bitAt }: Encoded): Encoded {
  const closed = kept(text, skipsGaps)
  return {
    text: closed.text,
    bitsPerCharacter: (bitsPerCharacter * text.length) / Math.max(1, closed.text.length),
    bitAt: (i) => bitAt(closed.places[i] ?? text.length),
  }
}

function encodingsOf(value: string): Encoded[] {
  const bytes = Buffer.from(value)
  const bitsPerCharacter = (8 * bytes.length) / value.length
  const bits = new Uint32Array(value.length + 1)
  for (let i = 0; i < value.length; i += 1) bits[i + 1] = (bits[i] ?? 0) + 8 * utf8Length(value.charCodeAt(i))
  const bitAt = (i: number) => bits[i] ?? 0
  const hex = bytes.toString('hex')
  return [
    { text: value, bitsPerCharacter, bitAt },
    { text: [...value].reverse().join(''), bitsPerCharacter, bitAt: (i) => bitAt(value.length - i) },
    { text: value.replace(/[a-z]/gi, rot13), bitsPerCharacter, bitAt },
    { text: hex, bitsPerCharacter: 4, bitAt: (i) => 4 * i },
    // 0x41,0x42 without all that is no hexadecimal digit.
    { text: hex.replace(/../g, '0$&'), bitsPerCharacter: 8 / 3, bitAt: (i) => (8 * i) / 3 },
    ...[0, 1, 2].map((before) => base64(bytes, before)),
  ]
}

/** Base64 as it looks when `before` bytes (modulo 3) precede; characters that depend on neighbours are left out. */
function base64(bytes: Buffer, before: number): Encoded {
  const first = Math.ceil((8 * before) / 6)
  const last = Math.floor((8 * (before + bytes.length)) / 6)
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .slice(first, last)
  return { text, bitsPerCharacter: 6, bitAt: (i) => 6 * (first + i) - 8 * before }
}

/** Bytes that a UTF-16 code unit stands for; each half of a surrogate pair for two of the four. */
function utf8Length(code: number): number {
  if (code < 0x80) return 1
  return code < 0x800 || (code & 0xf800) === 0xd800 ? 2 : 3
}

function rot13(letter: string): string {
  const code = letter.charCodeAt(0)
  return String.fromCharCode(lowerCase(code) < 0x6e ? code + 13 : code - 13)
}

function lowerCase(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code
}

/** base64 and base64url as one; a space as the plus by which forms encode it. */
function sameAlphabet(code: number): number {
  if (code === 0x2b || code === 0x20) return 0x2d
  return code === 0x2f ? 0x5f : code
}
