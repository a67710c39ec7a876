/**
 * Where each argument of a call came from. A literal that stands word for word in what the owner said is the owner's;
 * any other is made from everything the planner has read, and so as untrusted and as secret as that.
 */
import type { ArgumentView, Json, Label, Role } from '@castellan/contracts'
import type { Call } from './call.ts'
import { foreignSources, join, joinAll, ownerLabel } from './label.ts'

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
  // Names of members are written by the planner as well: `{ "eve@example.org": "hello" }` is no word of the owner's.
  const written = leaf.names.map((name) => referenceAt(call, name.of) ?? labelOfLiteral(call, name.text))
  const label = joinAll([referenceAt(call, leaf.path) ?? labelOfLiteral(call, leaf.value), ...written])
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
  // Asked first and of every run alike: what a run has read must never make a literal more trusted or less secret.
  if (typeof value === 'string' && call.run.words.some((words) => saidVerbatim(words, value)))
    return ownerLabel
  return join(ownerLabel, call.run.label)
}

function referenceAt(call: Call, path: string): Label | undefined {
  const references = call.references ?? {}
  for (let prefix = path; ; prefix = prefix.slice(0, prefix.lastIndexOf('/'))) {
    if (Object.hasOwn(references, prefix)) return references[prefix]
    if (prefix === '') return undefined
  }
}

/**
 * Whether a value stands in the owner's words as a token of its own: neither part of a longer word nor of a longer
 * address. Comparing is exact: normalisation would only ever match more.
 */
export function saidVerbatim(words: string, value: string): boolean {
  if (value.trim().length < 3) return false
  for (let at = words.indexOf(value); at !== -1; at = words.indexOf(value, at + 1)) {
    if (startsToken(words, at) && endsToken(words, at + value.length)) return true
  }
  return false
}

const openers = new Set('"\'“”‘’(<[')
const closers = new Set('.,;:!?)]>"\'“”‘’')

/** Quotes and brackets may open a token, but only after a space: `(`, `'` and `,` are also parts of addresses. */
function startsToken(words: string, at: number): boolean {
  let before = at
  while (before > 0 && openers.has(words.charAt(before - 1))) before--
  return before === 0 || isSpace(words.charAt(before - 1))
}

/** A full stop, comma or bracket may follow a token, but only when the sentence ends or goes on after a space. */
function endsToken(words: string, at: number): boolean {
  let after = at
  while (after < words.length && closers.has(words.charAt(after))) after++
  return after === words.length || isSpace(words.charAt(after))
}

/** JavaScript counts U+FEFF as a space, but nobody sees it: it would end an address that goes on. */
function isSpace(character: string): boolean {
  return /\s/u.test(character) && character !== '\ufeff'
}

interface Leaf {
  readonly path: string
  readonly value: Json
  /** Names of the members on the way, each with the pointer of the object it stands in. */
  readonly names: readonly { readonly of: string; readonly text: string }[]
}

function* leaves(path: string, value: Json, names: Leaf['names'] = []): Generator<Leaf> {
  if (value === null || typeof value !== 'object' || Object.keys(value).length === 0) {
    yield { path, value, names }
    return
  }
  for (const [key, child] of Object.entries(value)) {
    const below = Array.isArray(value) ? names : [...names, { of: path, text: key }]
    yield* leaves(`${path}/${escapePointer(key)}`, child, below)
  }
}

/** One segment of a JSON pointer (RFC 6901). */
export function escapePointer(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1')
}
