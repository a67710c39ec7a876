/**
 * Labels: who could have written a value (`sources`) and who may read it (`readers`). Joining two values unites
 * the sources and intersects the readers, so trust only falls and secrecy only rises (Denning 1976; FIDES, arXiv:2505.23643).
 */
import type { FieldLabels, Label } from '@castellan/contracts'

/** The neutral element of `join`: nobody wrote it, everyone may read it. */
export const bottom: Label = Object.freeze({ sources: Object.freeze([]), readers: 'everyone' })

/** What the owner said, readable by the owner, by the models the owner configured, and by whom it is sent to. */
export const ownerLabel: Label = Object.freeze({ sources: Object.freeze(['owner']), readers: 'everyone' })

/** What Castellan itself wrote. */
export const systemLabel: Label = Object.freeze({ sources: Object.freeze(['system']), readers: 'everyone' })

/** The label of a value of which nothing is known: trusted for nothing, readable by the owner only. */
export const unknownLabel: Label = Object.freeze({
  sources: Object.freeze(['unknown']),
  readers: Object.freeze(['owner']),
})

/** The label of a stored row (`null` readers: everyone). A row that names no source is trusted for nothing, not for everything. */
export function storedLabel(row: {
  readonly sources: readonly string[] | null
  readonly readers: readonly string[] | null
}): Label {
  if (row.sources === null || row.sources.length === 0) return unknownLabel
  return label(row.sources, row.readers ?? 'everyone')
}

/** A canonical label: sorted, without duplicates. */
export function label(sources: Iterable<string>, readers: 'everyone' | Iterable<string> = 'everyone'): Label {
  return {
    sources: canonicalSet(sources),
    readers: readers === 'everyone' ? 'everyone' : canonicalSet(readers),
  }
}

/** The label of anything made from both. */
export function join(a: Label, b: Label): Label {
  return { sources: canonicalSet([...a.sources, ...b.sources]), readers: intersect(a.readers, b.readers) }
}

/** The join of many labels; `bottom` for none. */
export function joinAll(labels: Iterable<Label>): Label {
  let result = bottom
  for (const each of labels) result = join(result, each)
  return result
}

/** The label of the field at a JSON pointer: that of the longest labelled prefix, or `unknownLabel`. */
export function labelAt(labels: FieldLabels, pointer: string): Label {
  for (let prefix = pointer; ; prefix = prefix.slice(0, prefix.lastIndexOf('/'))) {
    if (Object.hasOwn(labels, prefix)) return labels[prefix] as Label
    if (prefix === '') return unknownLabel
  }
}

/** The join of every field's label; with `unknownLabel` where the whole has none, since some field may be missing. */
export function labelOfAll(labels: FieldLabels): Label {
  const known = joinAll(Object.values(labels))
  return Object.hasOwn(labels, '') ? known : join(known, unknownLabel)
}

/** Sources trusted for everything (DESIGN §4); every other source is trusted for nothing by itself. */
export function isTrustedSource(source: string): boolean {
  return source === 'owner' || source === 'system'
}

/** The sources of a label that are trusted for nothing. */
export function foreignSources(value: Label): string[] {
  return value.sources.filter((source) => !isTrustedSource(source))
}

/**
 * A would-be reader with the classes it belongs to, e.g. `{ name: 'model:qwen', classes: ['models', 'models:local'] }`.
 * The name may come from outside (a host); the classes are the house's own words.
 */
export interface Reader {
  readonly name: string
  readonly classes: readonly string[]
}

/** The owner, who may read everything of their own. */
export const ownerReader: Reader = Object.freeze({ name: 'owner', classes: Object.freeze(['owner']) })

/** Words that labels use for classes. A host may be called `owner`, so as a name they count for nothing. */
const classWords: ReadonlySet<string> = new Set(['owner', 'system', 'models', 'models:local', 'everyone'])

/** Whether a reader may read a value with this label. */
export function mayRead(value: Label, reader: Reader): boolean {
  if (value.readers === 'everyone' || reader.classes.includes('owner')) return true
  const allowed = value.readers
  // A host may be called `member` and have a port: a member is known by class, as no host ever is.
  const isName = !classWords.has(reader.name) && !reader.name.startsWith('member:')
  if (isName && allowed.includes(reader.name)) return true
  return reader.classes.some((name) => allowed.includes(name))
}

function canonicalSet(values: Iterable<string>): string[] {
  return [...new Set(values)].sort()
}

function intersect(a: Label['readers'], b: Label['readers']): Label['readers'] {
  if (a === 'everyone') return b === 'everyone' ? b : canonicalSet(b)
  return canonicalSet(b === 'everyone' ? a : a.filter((reader) => b.includes(reader)))
}
