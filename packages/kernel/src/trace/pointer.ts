/** JSON pointers (RFC 6901) and the leaves of a value that they lead to. */
import type { Json } from '@castellan/contracts'

/** One step of a pointer. */
export function escapePointer(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1')
}

export interface Leaf {
  readonly path: string
  readonly value: Json
  /** Names of the members on the way, each with the pointer of the object it stands in. */
  readonly names: readonly { readonly of: string; readonly text: string }[]
}

/** Everything in a value that is no object or list with something in it, in the order it is written. */
export function* leavesOf(path: string, value: Json, names: Leaf['names'] = []): Generator<Leaf> {
  if (value === null || typeof value !== 'object' || Object.keys(value).length === 0) {
    yield { path, value, names }
    return
  }
  for (const [key, child] of Object.entries(value)) {
    const below = Array.isArray(value) ? names : [...names, { of: path, text: key }]
    yield* leavesOf(`${path}/${escapePointer(key)}`, child, below)
  }
}
