/**
 * A hash table over short pieces of texts, under a key, and the sliding search through it. Nothing of the texts is kept
 * but hashes.
 */

/** Where a piece was in the texts given to the builder: in which one, and which bytes it stands for. */
export interface PieceTable {
  /** Characters of a piece: 4 or 8. */
  readonly length: number
  /** Hashes of the ASCII characters, and what to mix into the others. */
  readonly characters: Int32Array
  readonly salt: number
  readonly base: number
  /** `base` to the power of `length`. */
  readonly power: number
  readonly secondBase: number
  /** One bit for each value of the upper hash bits: whether anything is there. Small enough for the first-level cache. */
  readonly filter: Uint32Array
  readonly shift: number
  /** Entries of bucket b are `offsets[b]` to `offsets[b + 1] - 1` of the following. */
  readonly offsets: Uint32Array
  readonly first: Int32Array
  readonly second: Int32Array
  readonly encoding: Uint32Array
  readonly start: Uint32Array
  readonly end: Uint32Array
}

/** A text to be found again in pieces. */
export interface Pieces {
  readonly encoding: number
  readonly text: string
  /** The bit of the secret at which character `i` begins, for i = 0 … text.length. */
  readonly bitAt: (i: number) => number
}

/** Which characters a search passes over as if they were not there: a table for ASCII, a rule for the others. */
export interface Skips {
  readonly ascii: Uint8Array
  readonly other: (code: number) => boolean
}

/** Hears of a piece that may be known. */
export type Visit = (piece: {
  /** Its last character, counted without those passed over. */
  readonly at: number
  /** Where it lies in the text. */
  readonly from: number
  readonly to: number
  readonly first: number
  readonly second: number
}) => void

const keyBytes = 16

/** Builds the table. `normal` maps characters that shall count as the same onto each other. */
export function pieceTable(
  length: 4 | 8,
  all: readonly Pieces[],
  key: Uint8Array,
  normal: (code: number) => number,
): PieceTable {
  const hash = hashUnder(length, key, normal)
  const size = all.reduce((total, { text }) => total + Math.max(0, text.length - length + 1), 0)
  // Sixteen bits of filter per entry: most pieces of a harmless text fall on none.
  const shift = 32 - Math.min(22, Math.max(10, Math.ceil(Math.log2(16 * (size + 1)))))
  const unsorted = entriesOf(all, size, hash)
  const offsets = new Uint32Array(2 ** (32 - shift) + 1)
  const filter = new Uint32Array((offsets.length + 30) >>> 5)
  for (const first of unsorted.first) {
    const bucket = first >>> shift
    add(offsets, bucket + 1, 1)
    filter[bucket >>> 5] = (filter[bucket >>> 5] ?? 0) | (1 << (bucket & 31))
  }
  for (let b = 1; b < offsets.length; b += 1) add(offsets, b, offsets[b - 1] ?? 0)
  return { ...hash, shift, filter, offsets, ...sorted(unsorted, offsets, shift) }
}

/** Slides over a text; the hash of each piece is made from that of the one before. */
export function slide(text: string, table: PieceTable, skips: Skips, visit: Visit): void {
  if (table.first.length === 0) return
  const { length, characters, salt, base, power, filter, shift } = table
  const { ascii, other } = skips
  const last = length - 1
  const hashes = new Int32Array(length)
  let hash = 0
  let at = 0
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code < 128 ? ascii[code] === 1 : other(code)) continue
    const value = code < 128 ? (characters[code] as number) : mix(salt ^ code)
    const slot = at & last
    hash = (Math.imul(hash, base) + value - Math.imul(hashes[slot] as number, power)) | 0
    hashes[slot] = value
    at += 1
    const bucket = hash >>> shift
    if ((((filter[bucket >>> 5] as number) >>> (bucket & 31)) & 1) === 0) continue
    if (at < length || !isListed(table, bucket, hash)) continue
    const from = startOf(text, i, length, skips)
    visit({ at: at - 1, from, to: i + 1, first: hash, second: secondHash(table, hashes, at) })
  }
}

function isListed({ offsets, first }: PieceTable, bucket: number, hash: number): boolean {
  for (let e = offsets[bucket] as number; e < (offsets[bucket + 1] as number); e += 1) {
    if (first[e] === hash) return true
  }
  return false
}

/** Where a piece begins whose last character is at `end`. */
function startOf(text: string, end: number, length: number, { ascii, other }: Skips): number {
  let start = end
  for (let left = length - 1; left > 0; ) {
    start -= 1
    const code = text.charCodeAt(start)
    if (!(code < 128 ? ascii[code] === 1 : other(code))) left -= 1
  }
  return start
}

/** A short name for a whole text under the key, 8 hex digits. */
export function tagOf(text: string, key: Uint8Array): string {
  const { characters, salt, base } = hashUnder(8, key, (code) => code)
  let hash = text.length
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    hash = mix(Math.imul(hash, base) + (characters[code] ?? mix(salt ^ code)))
  }
  return (hash >>> 0).toString(16).padStart(8, '0')
}

type Hash = Pick<PieceTable, 'length' | 'characters' | 'salt' | 'base' | 'power' | 'secondBase'>

function hashUnder(length: number, key: Uint8Array, normal: (code: number) => number): Hash {
  if (key.length < keyBytes) throw new TypeError(`the key of a leak index has ${keyBytes} bytes or more`)
  const words = new DataView(key.buffer, key.byteOffset)
  const salt = mix(words.getInt32(0) ^ mix(words.getInt32(4) + length))
  // Odd, so that multiplying loses nothing.
  const base = mix(words.getInt32(8)) | 1
  const secondBase = mix(words.getInt32(12)) | 1
  const characters = Int32Array.from({ length: 128 }, (_, code) => mix(salt ^ normal(code)))
  let power = 1
  for (let i = 0; i < length; i += 1) power = Math.imul(power, base)
  return { length, characters, salt, base, power, secondBase }
}

/** An independent hash of the piece whose character hashes lie in the ring, the oldest at `from`. */
function secondHash({ length, secondBase }: Hash, hashes: Int32Array, from: number): number {
  let hash = 0
  for (let i = 0; i < length; i += 1) {
    hash = mix(Math.imul(hash, secondBase) + (hashes[(from + i) & (length - 1)] as number))
  }
  return hash
}

type Entries = Pick<PieceTable, 'first' | 'second' | 'encoding' | 'start' | 'end'>

function noEntries(size: number): Entries {
  return {
    first: new Int32Array(size),
    second: new Int32Array(size),
    encoding: new Uint32Array(size),
    start: new Uint32Array(size),
    end: new Uint32Array(size),
  }
}

function entriesOf(all: readonly Pieces[], size: number, hash: Hash): Entries {
  const { length, characters, salt, base, power } = hash
  const entries = noEntries(size)
  const hashes = new Int32Array(length)
  let e = 0
  for (const { encoding, text, bitAt } of all) {
    let first = 0
    hashes.fill(0)
    for (let i = 0; i < text.length; i += 1) {
      const code = text.charCodeAt(i)
      const slot = i & (length - 1)
      const value = characters[code] ?? mix(salt ^ code)
      first = (Math.imul(first, base) + value - Math.imul(hashes[slot] as number, power)) | 0
      hashes[slot] = value
      if (i < length - 1) continue
      const [from, to] = [bitAt(i + 1 - length), bitAt(i + 1)]
      entries.first[e] = first
      entries.second[e] = secondHash(hash, hashes, i + 1)
      entries.encoding[e] = encoding
      entries.start[e] = Math.floor(Math.min(from, to) / 8)
      entries.end[e] = Math.ceil(Math.max(from, to) / 8)
      e += 1
    }
  }
  return entries
}

function sorted(from: Entries, offsets: Uint32Array, shift: number): Entries {
  const to = noEntries(from.first.length)
  const next = offsets.slice()
  for (let e = 0; e < from.first.length; e += 1) {
    const bucket = (from.first[e] as number) >>> shift
    const place = next[bucket] ?? 0
    add(next, bucket, 1)
    to.first[place] = from.first[e] as number
    to.second[place] = from.second[e] as number
    to.encoding[place] = from.encoding[e] as number
    to.start[place] = from.start[e] as number
    to.end[place] = from.end[e] as number
  }
  return to
}

function add(counts: Uint32Array, at: number, amount: number): void {
  counts[at] = (counts[at] ?? 0) + amount
}

/** Murmur3's finaliser: every input bit reaches every output bit. */
function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
