/**
 * Where each argument of a call came from. A literal that stands in the owner's words, or in a record that they select by
 * something no third party can write, is what the owner meant. Any other is made from everything the planner has read,
 * and so as untrusted and as secret as that.
 */
import {
  type ArgumentView,
  isStrong,
  type Json,
  type Label,
  type Origin,
  type Role,
} from '@castellan/contracts'
import type { Call } from './call.ts'
import { isEndorsed } from './endorse.ts'
import { foreignSources, join, joinAll, ownerLabel } from './label.ts'
import { escapePointer, type Leaf, leavesOf } from './trace/pointer.ts'
import { type Standing, Tracer } from './trace/standing.ts'

export { saidVerbatim } from './trace/said.ts'
export { escapePointer }

/** An argument (one leaf of the arguments' JSON) with its role, origin and label. */
export interface TracedArgument extends ArgumentView {
  readonly label: Label
  /** It stands in the owner's words, or in a record that they select. */
  readonly isNamed: boolean
  /** Its label for someone whom the owner's words name: they may read what those words write or select. */
  readonly labelForNamed: Label
  /** Links, addresses, account numbers and the like that it carries and the owner's words lack; only of foreign content. */
  readonly unsaid: readonly string[]
  /** It says in the owner's words what the call makes or touches. */
  readonly isAnchor: boolean
  /** Sources of a third party's field that the foreign literal stands in; null where it stands in none. */
  readonly takenFrom: readonly string[] | null
  /** It is the owner's own only because they endorsed exactly this value in this role. */
  readonly isEndorsed: boolean
}

/** Every leaf of a call's arguments, traced, in the order the arguments are written. */
export function traceArguments(call: Call): TracedArgument[] {
  const roleOf = (name: string) =>
    Object.hasOwn(call.skill.roles, name) ? (call.skill.roles[name] as Role) : 'target'
  const leaves = Object.entries(call.args).flatMap(([name, value]) =>
    [...leavesOf(`/${escapePointer(name)}`, value)].map((leaf) => ({ role: roleOf(name), leaf })),
  )
  const tracer = new Tracer(call, leaves)
  return leaves.map(({ role, leaf }) => trace(call, tracer, role, leaf))
}

function trace(call: Call, tracer: Tracer, role: Role, leaf: Leaf): TracedArgument {
  // Names of members are written by the planner as well: `{ "eve@example.org": "hello" }` is no word of the owner's.
  const found = partOf(call, tracer, role, leaf.path, leaf.value)
  const endorsed = found.origin === 'foreign' && isEndorsed(call.run, role, leaf.value)
  const parts = [
    // Who wrote it and who may read it stay as they are: endorsing says that a value is right, and no more.
    endorsed ? { ...found, origin: 'owner' as const, takenFrom: null } : found,
    ...leaf.names.map((name) => partOf(call, tracer, role, name.of, name.text)),
  ]
  const label = joinAll(parts.map((part) => part.label))
  const origin = parts.reduce<Origin>((worst, part) => worseOf(worst, part.origin), 'owner')
  const foreign = parts.find((part) => part.origin === 'foreign')
  const isForeignText = origin === 'foreign' && !isStrong(role) && call.reaches.length > 0
  return {
    path: leaf.path,
    role,
    origin,
    sources: foreign?.takenFrom ?? foreign?.label.sources ?? label.sources,
    value: leaf.value,
    label,
    isNamed: parts.every((part) => part.isNamed),
    labelForNamed: joinAll(parts.map((part) => part.labelForNamed)),
    unsaid: isForeignText
      ? [leaf.value, ...leaf.names.map((name) => name.text)].flatMap((each) => tracer.unsaidIn(each))
      : [],
    isAnchor:
      !tracer.isUnasked &&
      (isStrong(role) ? origin !== 'foreign' : parts.length === 1 && tracer.isAnchor(role, leaf.value)),
    takenFrom: foreign?.takenFrom ?? null,
    isEndorsed: endorsed && origin !== 'foreign',
  }
}

/** A few bits are a whole number: one that nobody said may be what an answer about sealed content told the planner. */
const numbers: ReadonlySet<Role> = new Set(['amount', 'account'])
const toldLabel: Label = { sources: ['sealed'], readers: 'everyone' }

type Part = Pick<TracedArgument, 'origin' | 'takenFrom' | 'label' | 'isNamed' | 'labelForNamed'>

/** A value, or the name of a member, given by reference or written as a literal. */
function partOf(call: Call, tracer: Tracer, role: Role, path: string, value: Json): Part {
  const label = referenceAt(call, path)
  if (label === undefined) return literal(call, tracer, role, value)
  const origin = foreignSources(label).length === 0 ? 'owner' : 'foreign'
  return { origin, takenFrom: null, label, isNamed: false, labelForNamed: label }
}

function literal(call: Call, tracer: Tracer, role: Role, value: Json): Part {
  // Asked first and of every run alike: what a run has read must never make a literal more trusted or less secret.
  const standing = tracer.standingOf(role, value)
  if (standing === null) {
    const isTold = (call.run.influence ?? 0) > 0 && numbers.has(role)
    const label = joinAll([ownerLabel, call.run.label, ...(isTold ? [toldLabel] : [])])
    const origin = tracer.isTainted || isTold ? 'foreign' : 'owner'
    const labelForNamed = forNamed(call, tracer, role, value)
    return { origin, takenFrom: tracer.sourcesOf(value), label, isNamed: false, labelForNamed }
  }
  const label = labelOf(standing, call.run.label)
  const isNamed = standing.by === 'words' || standing.by === 'record'
  const origin = originOf(standing, tracer.isTainted)
  const labelForNamed = isNamed ? ownerLabel : forNamed(call, tracer, role, value)
  return { origin, takenFrom: null, label, isNamed, labelForNamed }
}

/**
 * The label of what the planner wrote of its own, for someone whom the owner's words name. Worked out only where it
 * matters: it looks at all that was read.
 */
function forNamed(call: Call, tracer: Tracer, role: Role, value: Json): Label {
  const isMeant = call.reaches.length === 0 || !tracer.tellsOfAnother(role, value)
  return join(ownerLabel, isMeant ? tracer.labelForNamed : call.run.label)
}

/** Which link of a page is followed tells its host something of all that the planner has read. */
function labelOf({ by, field }: Standing, read: Label): Label {
  if (by === 'link') return join(ownerLabel, read)
  return field === null ? ownerLabel : join(ownerLabel, field.label)
}

function originOf({ by }: Standing, isTainted: boolean): Origin {
  return by === 'words' || !isTainted ? 'owner' : 'located'
}

const origins: readonly Origin[] = ['owner', 'located', 'foreign']

function worseOf(a: Origin, b: Origin): Origin {
  return origins.indexOf(a) > origins.indexOf(b) ? a : b
}

function referenceAt(call: Call, path: string): Label | undefined {
  const references = call.references ?? {}
  for (let prefix = path; ; prefix = prefix.slice(0, prefix.lastIndexOf('/'))) {
    if (Object.hasOwn(references, prefix)) return references[prefix]
    if (prefix === '') return undefined
  }
}
