/**
 * What became of rows whose hash does not fit their content. A row's hash covers its `seq`, so a row that was moved
 * tells where it belongs: at the `seq` with which its hash fits.
 */
import type { LedgerRow } from '@castellan/contracts'

export interface Misfit {
  readonly row: LedgerRow
  /** A body lies beside it: something was appended here. */
  readonly hasBody: boolean
  /** The next row carries its hash on, so the hash is genuine and the content is not. */
  confirmed: boolean
}

interface Finding {
  readonly seq: number
  readonly kind: 'changed' | 'inserted' | 'reordered' | 'removed'
}

/** Neighbours are tried for every misfit; everywhere only while there are few. */
const near = 8
const few = 256

/** Names what happened to each misfit. Takes from `removed` the places whose row turned up elsewhere. */
export function sortMisfits(
  misfits: readonly Misfit[],
  removed: Set<number>,
  hashAt: (row: LedgerRow, seq: number) => string,
): Finding[] {
  const elsewhere =
    misfits.length <= few ? [...misfits.map(({ row }) => row.seq), ...removed].slice(0, 2 * few) : []
  const home = new Map<Misfit, number>()
  for (const misfit of misfits) {
    const { row } = misfit
    const around = Array.from({ length: 2 * near + 1 }, (_, index) => row.seq - near + index)
    const seq = [...around, ...elsewhere].find((each) => each > 0 && hashAt(row, each) === row.hash)
    if (seq !== undefined) home.set(misfit, seq)
  }
  const homes = new Set(home.values())
  const sound = [...homes].filter((seq) => !removed.has(seq))
  for (const seq of homes) removed.delete(seq)
  return [...misfits.flatMap((misfit) => findings(misfit, home, homes)), ...usurpers(misfits, sound)]
}

function findings(misfit: Misfit, home: ReadonlyMap<Misfit, number>, homes: ReadonlySet<number>): Finding[] {
  const { seq } = misfit.row
  if (!home.has(misfit)) return [{ seq, kind: isInserted(misfit, homes) ? 'inserted' : 'changed' }]
  // Something else stands here now; if the rightful row is nowhere, it was removed and the others moved up.
  const lost = !homes.has(seq) && seq < Math.max(...homes)
  return lost
    ? [
        { seq, kind: 'reordered' },
        { seq, kind: 'removed' },
      ]
    : [{ seq, kind: 'reordered' }]
}

function isInserted(misfit: Misfit, homes: ReadonlySet<number>): boolean {
  if (homes.has(misfit.row.seq)) return true
  return !misfit.confirmed && !misfit.hasBody
}

/** Rows that are sound in themselves, on a place that another row proves to be its own. */
function usurpers(misfits: readonly Misfit[], homes: readonly number[]): Finding[] {
  const places = new Set(misfits.map(({ row }) => row.seq))
  const highest = misfits.at(-1)?.row.seq ?? 0
  return homes.filter((seq) => !places.has(seq) && seq <= highest).map((seq) => ({ seq, kind: 'inserted' }))
}
