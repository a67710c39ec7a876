/** Labels of parts of a value by JSON pointer, and pointers as a reference spells them. */
import type { FieldLabels, Json, Label } from '@castellan/contracts'
import { escapePointer, joinAll, labelAt } from '@castellan/kernel'

/** Whether a value is an object or a list with something in it. */
export function isContainer(value: Json): value is Json[] | { [name: string]: Json } {
  return value !== null && typeof value === 'object' && Object.keys(value).length > 0
}

/** The join of the labels of everything at and under a pointer. */
export function labelUnder(labels: FieldLabels, pointer: string): Label {
  return joinAll(Object.values(labelsUnder(labels, pointer)))
}

/** The labels at and under a pointer, the pointer's own always among them. */
export function labelsUnder(labels: FieldLabels, pointer: string): { [pointer: string]: Label } {
  const deeper = Object.entries(labels).filter(([path]) => path.startsWith(`${pointer}/`))
  return { [pointer]: labelAt(labels, pointer), ...Object.fromEntries(deeper) }
}

/** `web_17` and `/items/0/title` as `web_17.items.0.title`. */
export function pathOf(handle: string, pointer: string): string {
  const steps = pointer.split('/').slice(1)
  return [handle, ...steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))].join('.')
}

/** The other way round, from the steps after the handle. */
export function pointerOf(steps: readonly string[]): string {
  return steps.map((step) => `/${escapePointer(step)}`).join('')
}

/** The value at some steps; undefined where they lead nowhere. */
export function valueAt(value: Json, steps: readonly string[]): Json | undefined {
  let here: Json | undefined = value
  for (const step of steps) {
    if (here === null || typeof here !== 'object' || !Object.hasOwn(here, step)) return undefined
    here = (here as { [name: string]: Json })[step]
  }
  return here
}

/** The labels of one value, for whoever goes through all of it from the root: each node is looked at once. */
export class LabelTree {
  readonly #labels: FieldLabels
  /** The labels under each pointer that has any of its own below it, not counting its own. */
  readonly #below = new Map<string, Set<Label>>()
  readonly #joined = new Map<string, Label>()

  constructor(labels: FieldLabels) {
    this.#labels = labels
    for (const [path, label] of Object.entries(labels)) {
      for (let end = path.lastIndexOf('/'); end !== -1; end = path.lastIndexOf('/', end - 1)) {
        const prefix = path.slice(0, end)
        this.#below.set(prefix, (this.#below.get(prefix) ?? new Set()).add(label))
        if (end === 0) break
      }
    }
  }

  /** The label of a node itself; `around` is that of the node it stands in. */
  own(pointer: string, around: Label): Label {
    return Object.hasOwn(this.#labels, pointer) ? (this.#labels[pointer] as Label) : around
  }

  /** The join of the labels of a node and of everything in it. */
  under(pointer: string, own: Label): Label {
    const below = this.#below.get(pointer)
    if (below === undefined) return own
    const known = this.#joined.get(pointer) ?? joinAll([own, ...below])
    this.#joined.set(pointer, known)
    return known
  }

  /** The labels of a node and of everything in it, by pointer. */
  all(pointer: string, own: Label): { [pointer: string]: Label } {
    return this.#below.has(pointer) ? labelsUnder(this.#labels, pointer) : { [pointer]: own }
  }
}
