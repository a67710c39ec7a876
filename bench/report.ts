/** What a row of the bench says, and how rows are printed. */

export type Unit = 's' | 'ms' | 'MB' | '/s'

/** The same kind of figure for the least that could do the job, measured in the same run. */
export interface Floor {
  readonly what: string
  readonly value: number
}

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: Unit
  readonly floor: Floor
  /** The limit: at most for times and memory, at least for rates. */
  readonly bar?: number
  readonly note?: string
}

/** How busy the machine was with work that is not ours. */
export interface Machine {
  /** /proc/loadavg, 1 minute, when the row began. */
  readonly load: number
  /** Cores that others kept busy while it was measured. Above 0.3 a figure says little. */
  readonly others: number
}

export interface Row extends Figure {
  /** How many times worse than the floor; below 1 is better. */
  readonly ratio: number
  /** Null where the issue sets no bar. */
  readonly met: boolean | null
  readonly machine: Machine
}

/** A figure with what follows from it. */
export function rowOf(figure: Figure, machine: Machine): Row {
  const { value, unit, floor, bar } = figure
  const isRate = unit === '/s'
  const ratio = isRate ? floor.value / value : value / floor.value
  const met = bar === undefined ? null : isRate ? value >= bar : value < bar
  return { ...figure, ratio, met, machine }
}

/** Rows as a table for people. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.name,
    `${shown(row.value)} ${row.unit}`,
    `${shown(row.ratio)}×`,
    `${shown(row.floor.value)} ${row.unit}  ${row.floor.what}`,
    row.bar === undefined ? '' : `${row.unit === '/s' ? '≥' : '<'} ${row.bar} ${row.unit}`,
    row.met === null ? '' : row.met ? 'met' : 'MISSED',
    row.machine.others.toFixed(1),
    row.note ?? '',
  ])
  const all = [['what', 'figure', 'of floor', 'floor', 'bar', '', 'others', 'note'], ...lines]
  const widths = (all[0] ?? []).map((_, column) =>
    Math.max(...all.map((line) => (line[column] ?? '').length)),
  )
  const print = (line: string[]) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return all.map((line) => print(line).trimEnd()).join('\n')
}

/** Three significant digits. */
function shown(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return Number(value.toPrecision(3)).toString()
}

/** The value below which a share of the samples lies. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const found = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  if (found === undefined) throw new TypeError('no samples')
  return found
}

/** The middle of the samples. */
export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5)
}
