/**
 * Where each argument of a call came from. A literal written by an untainted planner is the owner's own; one written
 * by a tainted planner is the owner's only where it stands word for word in what the owner said, and else as
 * untrusted as everything the planner has read.
 */
import type { ArgumentView, Json, Label, Role } from '@castellan/contracts'
import type { Call } from './call.ts'
import { foreignSources, join, ownerLabel } from './label.ts'

/** An argument (one leaf of the arguments' JSON) with its role, origin and label. */
export interface TracedArgument extends ArgumentView {
  readonly label: Label
}

/** Every leaf of a call's arguments, traced, in the order the arguments are written. */
export function traceArguments(call: Call): TracedArgument[] {
  const traced: TracedArgument[] = []
  for (const [name, value] of Object.entries(call.args)) {
    const role = Object.hasOwn(call.skill.roles, name) ? (call.skill.roles[name] as Role) : 'target'
    for (const leaf of leaves(`/${escapePointer(name)}`, value)) traced.push(trace(call, role, leaf))
  }
  return traced
}

function trace(call: Call, role: Role, leaf: Leaf): TracedArgument {
  const reference = referenceAt(call, leaf.path)
  const label = reference ?? labelOfLiteral(call, leaf.value)
  return {
    path: leaf.path,
    role,
    origin: foreignSources(label).length === 0 ? 'owner' : 'foreign',
    sources: label.sources,
    value: leaf.value,
    label,
  }
}

function labelOfLiteral(call: Call, value: Json): Label {
  if (foreignSources(call.run.label).length === 0) return join(ownerLabel, call.run.label)
  if (typeof value === 'string' && call.run.words.some((words) => saidVerbatim(words, value)))
    return ownerLabel
  return call.run.label
}

function referenceAt(call: Call, path: string): Label | undefined {
  const references = call.references ?? {}
  for (let prefix = path; prefix !== ''; prefix = prefix.slice(0, prefix.lastIndexOf('/'))) {
    if (Object.hasOwn(references, prefix)) return references[prefix]
  }
  return undefined
}

/**
 * Whether a value stands in the owner's words as a token of its own: neither part of a longer word nor of a longer
 * address. Comparing is exact: normalisation would only ever match more.
 */
export function saidVerbatim(words: string, value: string): boolean {
  if (value.trim().length < 3) return false
  for (let at = words.indexOf(value); at !== -1; at = words.indexOf(value, at + 1)) {
    if (endsToken(words.slice(0, at), 'before') && endsToken(words.slice(at + value.length), 'after')) {
      return true
    }
  }
  return false
}

function endsToken(rest: string, side: 'before' | 'after'): boolean {
  if (side === 'before') return rest === '' || /[\s"'“”‘’(<[,;]$/u.test(rest)
  // A full stop, comma or bracket may follow a token, but only when the sentence ends or goes on after a space.
  return /^[.,;:!?)\]>"'“”‘’]*(?:\s|$)/u.test(rest)
}

interface Leaf {
  readonly path: string
  readonly value: Json
}

function* leaves(path: string, value: Json): Generator<Leaf> {
  if (value === null || typeof value !== 'object' || Object.keys(value).length === 0) {
    yield { path, value }
  } else {
    for (const [key, child] of Object.entries(value)) yield* leaves(`${path}/${escapePointer(key)}`, child)
  }
}

/** One segment of a JSON pointer (RFC 6901). */
export function escapePointer(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1')
}
