/**
 * Finds secrets in what is about to leave, whole or in large part, encoded or split over the texts of a run. What no
 * such search can see: a secret paraphrased, enciphered by the sender, or sent in crumbs of fewer than four characters.
 */
import type { LeakIndex } from './fingerprint.ts'
import { type PieceTable, type Skips, slide, type Visit } from './piece.ts'
import { readingsOf, skipsAllButHex, skipsGaps, skipsNothing } from './view.ts'

/** Bytes of secrets that the texts of a run have held so far, as ranges by fingerprint; plain JSON, so that it can be stored. */
export type Seen = { readonly [secret: string]: readonly (readonly [start: number, end: number])[] }

export interface LeakScan {
  /** Names of the secrets that this text would give away, alone or with what `seen` says has left already. */
  readonly leaks: readonly string[]
  /** `seen` with this text added; to be kept if the text does leave. */
  readonly seen: Seen
}

/** Looks for secrets in a text. */
export function scan(text: string, index: LeakIndex, seen: Seen = {}): LeakScan {
  const search = new Search(index, { spans: false })
  const readings = readingsOf(text)
  for (const reading of readings) {
    search.pass(reading, index.fine, skipsNothing)
    search.pass(reading, index.coarse, skipsGaps)
  }
  search.pass(readings.at(-1) ?? '', index.coarse, skipsAllButHex)
  return search.conclude(seen)
}

/** Where in the text itself, as it stands, secrets lie in one piece; ranges in order, without overlap. */
export function leakSpans(text: string, index: LeakIndex): (readonly [start: number, end: number])[] {
  const search = new Search(index, { spans: true })
  search.pass(text, index.fine, skipsNothing)
  search.pass(text, index.coarse, skipsGaps)
  return merge(search.spans)
}

/** How many bytes of a secret in one piece are a leak. */
function pieceNeeded(bytes: number): number {
  return bytes < 12 ? bytes : Math.min(bytes - 2, Math.max(18, Math.ceil(bytes / 2)))
}

/** How much of a secret's weight, gathered from anywhere, is a leak. Short ones gather by chance. */
function shareNeeded(weight: number): number {
  if (weight < 12) return weight
  return weight < 20 ? weight - 1 : Math.ceil(0.75 * weight)
}

class Search {
  readonly #index: LeakIndex
  /** Bytes of each secret found, by its number. */
  readonly #found = new Map<number, [number, number][]>()
  readonly #leaked = new Set<number>()
  /** Where in the text there was a piece that is a leak by itself. */
  readonly spans: [number, number][] = []
  readonly #wantsSpans: boolean
  /** 1 for encodings of which nothing more need be known. */
  readonly done: Uint8Array

  constructor(index: LeakIndex, { spans }: { spans: boolean }) {
    this.#index = index
    this.#wantsSpans = spans
    this.done = new Uint8Array(index.encodings.length)
  }

  pass(text: string, table: PieceTable, skips: Skips): void {
    const runs = new Runs(table, this, this.#index.encodings.length)
    slide(text, table, skips, (piece) => runs.take(piece))
  }

  /** Bytes of a secret, found in whatever encoding. */
  mark(encoding: number, start: number, end: number): void {
    const secret = this.#index.encodings[encoding]?.secret ?? -1
    const ranges = this.#found.get(secret) ?? []
    if (ranges.length === 0) this.#found.set(secret, ranges)
    const last = ranges.at(-1)
    if (last !== undefined && start >= last[0] && start <= last[1]) last[1] = Math.max(last[1], end)
    else ranges.push([start, end])
  }

  /** A piece of so many characters of an encoding, at a place in the text; called again as it grows. */
  run(encoding: number, characters: number, from: number, to: number): void {
    const facts = this.#index.encodings[encoding]
    const secret = facts === undefined ? undefined : this.#index.secrets[facts.secret]
    if (facts === undefined || secret === undefined) return
    const bytes = Math.ceil((characters * facts.bitsPerCharacter) / 8)
    if (bytes < pieceNeeded(secret.bytes)) return
    this.#leaked.add(facts.secret)
    if (!this.#wantsSpans) {
      this.done[encoding] = 1
      return
    }
    const last = this.spans.at(-1)
    if (last?.[0] === from) last[1] = to
    else this.spans.push([from, to])
  }

  conclude(before: Seen): LeakScan {
    const seen: { [secret: string]: readonly (readonly [number, number])[] } = { ...before }
    for (const [number, ranges] of this.#found) {
      const secret = this.#index.secrets[number]
      if (secret === undefined) continue
      const all = merge([...ranges, ...(before[secret.id] ?? [])])
      seen[secret.id] = all
      const total = sum(secret.weights, [[0, secret.bytes]])
      if (sum(secret.weights, all) >= shareNeeded(total)) this.#leaked.add(number)
    }
    const leaks = [...this.#leaked].map((number) => this.#index.secrets[number]?.name ?? '')
    return { leaks: [...new Set(leaks)].sort(), seen }
  }
}

/** Pieces that follow each other in the text and belong to one encoding of one secret. */
class Runs {
  readonly #table: PieceTable
  readonly #search: Search
  /** A piece is looked up once per text, however often it is repeated: a hostile text is all repetition. */
  readonly #known = new Map<number, readonly number[]>()
  /** By encoding: one past the last piece that belonged to it, and how many characters that run has. */
  readonly #next: Int32Array
  readonly #characters: Int32Array
  readonly #from: Int32Array

  constructor(table: PieceTable, search: Search, encodings: number) {
    this.#next = new Int32Array(encodings)
    this.#characters = new Int32Array(encodings)
    this.#from = new Int32Array(encodings)
    this.#table = table
    this.#search = search
  }

  take({ at, from, to, first, second }: Parameters<Visit>[0]): void {
    let encodings = this.#known.get(first)
    if (encodings === undefined) {
      encodings = this.#lookUp(first, second)
      this.#known.set(first, encodings)
    }
    for (const encoding of encodings) {
      if (this.#search.done[encoding] === 1) continue
      const goesOn = this.#next[encoding] === at
      const characters = goesOn ? (this.#characters[encoding] ?? 0) + 1 : this.#table.length
      if (!goesOn) this.#from[encoding] = from
      this.#next[encoding] = at + 1
      this.#characters[encoding] = characters
      this.#search.run(encoding, characters, this.#from[encoding] ?? from, to)
    }
  }

  #lookUp(first: number, second: number): number[] {
    const { offsets, shift, encoding, start, end } = this.#table
    const bucket = first >>> shift
    const encodings = new Set<number>()
    for (let e = offsets[bucket] ?? 0; e < (offsets[bucket + 1] ?? 0); e += 1) {
      if (this.#table.first[e] !== first || this.#table.second[e] !== second) continue
      const number = encoding[e] ?? 0
      encodings.add(number)
      this.#search.mark(number, start[e] ?? 0, end[e] ?? 0)
    }
    return [...encodings]
  }
}

function merge(ranges: Iterable<readonly [number, number]>): (readonly [number, number])[] {
  const merged: [number, number][] = []
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end)
    else merged.push([start, end])
  }
  return merged
}

function sum(weights: Uint8Array, ranges: Iterable<readonly [number, number]>): number {
  let total = 0
  for (const [start, end] of ranges) {
    for (let i = start; i < end; i += 1) total += weights[i] ?? 0
  }
  return total
}
