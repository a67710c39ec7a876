/**
 * Walks a chain and says what is wrong with it. The chain alone shows rows changed, removed, inserted or moved; what it
 * cannot show (its end cut off, everything after a row written anew) shows against signed checkpoints.
 */
import { createHash } from 'node:crypto'
import type { Json, LedgerRow, LedgerVerification } from '@castellan/contracts'
import { canonicalJson, hashOf } from '@castellan/kernel'
import { type Checkpoint, isGenuine } from './checkpoint.ts'
import { type Misfit, sortMisfits } from './misfit.ts'
import type { StoredRow } from './store.ts'

/**
 * `rewritten`: the chain up to here holds together, but is not the one that was signed. `body`: the row is whole, what is
 * stored beside it as its arguments is not what its hash says. `checkpoint`: forged, or missing from table or file.
 * `malformed`: a line of an export is no row.
 */
export type FaultKind =
  | 'changed'
  | 'removed'
  | 'inserted'
  | 'reordered'
  | 'truncated'
  | 'rewritten'
  | 'body'
  | 'checkpoint'
  | 'malformed'

export interface Fault {
  readonly seq: number
  readonly kind: FaultKind
}

/** What is known of a chain from outside it. */
export interface Evidence {
  /** Genuine ones of this tenant, oldest first. */
  readonly checkpoints: readonly Checkpoint[]
  /** The highest row that must have existed, e.g. because its body is there; 0 for none. */
  readonly atLeast: number
}

/** What `prev` of the first row is. */
export const noHash = '0'.repeat(64)
const maxFaults = 1000
const maxMisfits = 2000

/** The hash a row must have. */
export function rowHash(tenant: string, row: LedgerRow, seq = row.seq): string {
  const { hash: _, ...rest } = row
  return createHash('sha256')
    .update(canonicalJson({ ...rest, v: 1, tenant, seq }))
    .digest('hex')
}

/** Checks rows given one after another, oldest first. */
export class ChainCheck {
  readonly #tenant: string
  readonly #evidence: Evidence
  readonly #marks: Map<number, Checkpoint>
  readonly #faults: Fault[] = []
  readonly #misfits: Misfit[] = []
  readonly #removed: [from: number, to: number][] = []
  /** Gaps after which no sound row has come yet: they may be nothing but a row inserted far ahead. */
  #gaps: [from: number, to: number][] = []
  #last: { seq: number; hash: string | null; fits: boolean }
  #rows = 0
  #checkpointed = 0
  #mismatch: number | null = null

  /** `from`: the first row to come, when it is not the first of the chain. */
  constructor(tenant: string, evidence: Evidence, from = 1) {
    this.#tenant = tenant
    this.#evidence = evidence
    this.#marks = new Map(evidence.checkpoints.map((each) => [each.seq, each]))
    this.#last = { seq: from - 1, hash: from === 1 ? noHash : null, fits: true }
  }

  /** The next row. */
  take(stored: StoredRow): void {
    const { row } = stored
    const last = this.#last
    this.#rows += 1
    if (row.seq < 1 || row.seq <= last.seq) {
      this.fault(row.seq, row.seq < 1 || row.seq === last.seq ? 'inserted' : 'reordered')
      return
    }
    const adjacent = row.seq === last.seq + 1
    if (!adjacent) this.#gaps.push([last.seq + 1, row.seq - 1])
    const linked = adjacent && (last.hash === null || row.prev === last.hash)
    const before = this.#misfits.at(-1)
    if (linked && before?.row.seq === last.seq) before.confirmed = true
    const fits = rowHash(this.#tenant, row) === row.hash
    if (fits) this.#takeSound(stored, { linked, adjacent })
    else this.#takeMisfit(stored)
    this.#compare(row)
    this.#last = { seq: row.seq, hash: row.hash, fits }
  }

  #takeSound(stored: StoredRow, { linked, adjacent }: { linked: boolean; adjacent: boolean }): void {
    const { row } = stored
    this.#removed.push(...this.#gaps)
    this.#gaps = []
    // Both rows are sound in themselves, so the earlier one got a new hash with its new content.
    if (adjacent && !linked && this.#last.fits) this.fault(Math.max(this.#last.seq, 1), 'changed')
    if (!fitsHash(stored.body, row.args)) this.fault(row.seq, 'body')
  }

  #takeMisfit({ row, body }: StoredRow): void {
    if (this.#misfits.length < maxMisfits)
      this.#misfits.push({ row, hasBody: body !== undefined, confirmed: false })
    else this.fault(row.seq, 'changed')
  }

  #compare(row: LedgerRow): void {
    const mark = this.#marks.get(row.seq)
    if (mark === undefined) return
    if (mark.hash === row.hash) this.#checkpointed = row.seq
    else this.#mismatch ??= row.seq
  }

  /** Notes something wrong that the caller found. */
  fault(seq: number, kind: FaultKind): void {
    if (this.#faults.length < maxFaults) this.#faults.push({ seq, kind })
  }

  /** The findings, after the last row. */
  finish(): LedgerVerification {
    const highest = Math.max(this.#evidence.atLeast, this.#evidence.checkpoints.at(-1)?.seq ?? 0)
    for (const [from, to] of this.#gaps) this.#removed.push([from, Math.min(to, highest)])
    const removed = new Set(this.#removed.flatMap(([from, to]) => range(from, to)))
    const moved = sortMisfits(this.#misfits, removed, (row, seq) => rowHash(this.#tenant, row, seq))
    for (const { seq, kind } of moved) this.fault(seq, kind)
    for (const seq of removed) this.fault(seq, 'removed')
    if (highest > this.#last.seq) this.fault(this.#last.seq + 1, 'truncated')
    this.#explainMismatch()
    const broken = distinct(this.#faults)
    return { ok: broken.length === 0, rows: this.#rows, broken, checkpointed: this.#checkpointed }
  }

  /** A head that is not the signed one, when no other finding says why. */
  #explainMismatch(): void {
    const at = this.#mismatch
    if (at === null || this.#faults.some(({ seq }) => seq <= at)) return
    this.fault(at, 'rewritten')
  }
}

/** Verifies a whole stream of rows. */
export async function verifyRows(
  tenant: string,
  rows: AsyncIterable<StoredRow>,
  evidence: Evidence,
  from = 1,
): Promise<LedgerVerification> {
  const check = new ChainCheck(tenant, evidence, from)
  for await (const row of rows) check.take(row)
  return check.finish()
}

/** Parts checkpoints into those signed by this key and faults for the others. */
export function sift(checkpoints: readonly Checkpoint[], publicKey: string): [Checkpoint[], Fault[]] {
  const genuine = checkpoints.filter((each) => isGenuine(each, publicKey))
  const forged = checkpoints.filter((each) => !genuine.includes(each))
  return [genuine, forged.map(({ seq }) => ({ seq, kind: 'checkpoint' }))]
}

/** Adds findings from elsewhere to a verification. */
export function withFaults(found: LedgerVerification, faults: readonly Fault[]): LedgerVerification {
  const broken = distinct([...(found.broken as Fault[]), ...faults])
  return { ...found, ok: broken.length === 0, broken }
}

/** Whether the arguments that a body tells of, if it does, are those that were hashed. */
function fitsHash(body: Json | undefined, hash: string): boolean {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return true
  const { args } = body
  if (args === undefined) return true
  try {
    return hashOf(args) === hash
  } catch {
    // Nothing with such a text was ever hashed, so the body is not the one that was stored.
    return false
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, Math.min(to - from + 1, maxFaults)) }, (_, index) => from + index)
}

function distinct(faults: readonly Fault[]): Fault[] {
  const unique = new Map(faults.map((each) => [`${each.seq} ${each.kind}`, each]))
  return [...unique.values()].sort((a, b) => a.seq - b.seq).slice(0, maxFaults)
}
