/**
 * What the planner is shown of a result: foreign fields as sealed values under a handle of ours, the rest as it is, and
 * the label of just what is shown. Pure; the same result is shown the same way every time.
 */
import type { FieldLabels, Json, Label } from '@castellan/contracts'
import { bottom, escapePointer, foreignSources, joinAll, saidVerbatim, unknownLabel } from '@castellan/kernel'
import { classOf } from './classes.ts'
import { isContainer, LabelTree, labelUnder, pathOf } from './pointer.ts'

/** What a skill declares of its results, as far as sealing rests on it. Pointers; `*` stands for any one step. */
export interface Declared {
  /** Fields that the service itself writes, never a third party. */
  readonly platform?: readonly string[]
  /** Members that are always called so. The rest is sealed together with the object it stands in. */
  readonly shape?: readonly string[]
  /** Nothing of a sealed value is told, not even its type and size. */
  readonly unsized?: boolean
}

/** A result as it was stored. */
export interface Result {
  readonly value: Json
  readonly labels: FieldLabels
}

/** A result as the planner is shown it. */
export interface View {
  readonly told: Json
  /** The label of what is told; without sources when all of it is sealed or the service's own. */
  readonly label: Label
  /** What the planner has read of it, in its place; what it has not is null. */
  readonly read: Result
  /** Foreign sources of what is kept from the planner, sorted. */
  readonly sealed: readonly string[]
}

/** A longer text is no address, name or title that the owner's words could hold. */
const saidCharacters = 300

/** The view of a result under a handle. `words` are the owner's; `revealed` are pointers that the planner has had opened. */
export function sealedView(
  handle: string,
  result: Result,
  declared: Declared,
  words: readonly string[],
  revealed: ReadonlySet<string> = new Set(),
): View {
  const walk = new Walk(handle, result, declared, words, revealed)
  const { told, read } = walk.enter(result.value, '', '', unknownLabel)
  const label = joinAll(new Set(walk.shown))
  const sealed = [...walk.sealed].sort()
  return { told, label, sealed, read: sealed.length === 0 ? result : { value: read, labels: walk.labels } }
}

/** The view of a result that nothing is kept back of. */
export function openView(result: Result): View {
  return { told: result.value, label: labelUnder(result.labels, ''), read: result, sealed: [] }
}

interface Part {
  readonly told: Json
  readonly read: Json
  /** Something that says something was shown. */
  readonly says: boolean
}

/** A place in the value: its own label, and the join of all labels in it. */
interface Node {
  readonly pointer: string
  readonly pattern: string
  readonly own: Label
  readonly label: Label
}

class Walk {
  readonly shown: Label[] = []
  readonly sealed = new Set<string>()
  readonly labels: { [pointer: string]: Label } = { '': bottom }
  readonly #handle: string
  readonly #tree: LabelTree
  readonly #ours = new Map<Label, Label>()
  readonly #declared: Declared
  readonly #platform: ReadonlySet<string>
  readonly #members: ReadonlyMap<string, ReadonlySet<string>>
  readonly #words: readonly string[]
  readonly #revealed: ReadonlySet<string>

  constructor(
    handle: string,
    { labels }: Result,
    declared: Declared,
    words: readonly string[],
    revealed: ReadonlySet<string>,
  ) {
    this.#handle = handle
    this.#tree = new LabelTree(labels)
    this.#declared = declared
    this.#platform = new Set(declared.platform)
    this.#members = membersOf([...(declared.shape ?? []), ...(declared.platform ?? [])])
    this.#words = words
    this.#revealed = revealed
  }

  /** `around` is the label of what the value stands in. */
  enter(value: Json, pointer: string, pattern: string, around: Label): Part {
    const own = this.#tree.own(pointer, around)
    const label = this.#tree.under(pointer, own)
    const node = { pointer, pattern, own, label }
    if (foreignSources(label).length === 0) return this.#show(value, node, label)
    if (isContainer(value)) return Array.isArray(value) ? this.#list(value, node) : this.#object(value, node)
    // It is the service's own word, or the owner's: who else could have written it no longer matters, who may read it does.
    if (this.#platform.has(pattern) || this.#isSaid(value))
      return this.#show(value, node, this.#oursOf(label))
    return this.#seal(value, node)
  }

  #list(value: Json[], node: Node): Part {
    const { pointer, pattern, own } = node
    if (this.#revealed.has(pointer)) return this.#seal(value, node)
    const before = this.shown.length
    const parts = value.map((each, place) => this.enter(each, `${pointer}/${place}`, `${pattern}/*`, own))
    if (parts.some((part) => part.says) && value.length > 0) return together(parts)
    // Nothing in it can be read, so that one line says as much as many.
    this.shown.length = before
    const members = [...(this.#members.get(`${pattern}/*`) ?? [])]
    const { told } = this.#seal(value, node, members)
    return { told, read: parts.map((part) => part.read), says: false }
  }

  #object(value: { [name: string]: Json }, node: Node): Part {
    const { pointer, pattern, own } = node
    const known = this.#members.get(pattern)
    const names = Object.keys(value)
    if (this.#revealed.has(pointer) || !names.every((name) => known?.has(name) === true)) {
      return this.#seal(value, node)
    }
    const parts = names.map((name) => {
      const step = escapePointer(name)
      return [name, this.enter(value[name] as Json, `${pointer}/${step}`, `${pattern}/${step}`, own)] as const
    })
    return {
      told: Object.fromEntries(parts.map(([name, part]) => [name, part.told])),
      read: Object.fromEntries(parts.map(([name, part]) => [name, part.read])),
      says: parts.some(([, part]) => part.says),
    }
  }

  #show(value: Json, { pointer, own }: Node, label: Label): Part {
    this.shown.push(label)
    Object.assign(this.labels, this.#tree.all(pointer, own))
    return { told: value, read: value, says: true }
  }

  #seal(value: Json, { pointer, own, label }: Node, members: readonly string[] = []): Part {
    for (const source of foreignSources(label)) this.sealed.add(source)
    const from = classOf(label)
    const shape = members.length === 0 ? {} : { members: [...members] }
    const size = this.#declared.unsized === true ? {} : { type: typeOf(value), ...sizeOf(value), ...shape }
    const told = { sealed: pathOf(this.#handle, pointer), ...size, from }
    if (!this.#revealed.has(pointer)) return { told, read: null, says: false }
    Object.assign(this.labels, this.#tree.all(pointer, own))
    return { told, read: value, says: false }
  }

  /** The same object for the same label, so that many of them are joined as one. */
  #oursOf(label: Label): Label {
    const ours = this.#ours.get(label) ?? { sources: [], readers: label.readers }
    this.#ours.set(label, ours)
    return ours
  }

  #isSaid(value: Json): boolean {
    if (typeof value !== 'string' && typeof value !== 'number') return false
    const text = String(value)
    return text.length <= saidCharacters && this.#words.some((words) => saidVerbatim(words, text))
  }
}

function together(parts: readonly Part[]): Part {
  return { told: parts.map((part) => part.told), read: parts.map((part) => part.read), says: true }
}

/** Names of members by the pattern of the object they stand in. */
function membersOf(patterns: readonly string[]): Map<string, Set<string>> {
  const members = new Map<string, Set<string>>()
  for (const pattern of patterns) {
    const steps = pattern.split('/')
    for (let n = 1; n < steps.length; n++) {
      const parent = steps.slice(0, n).join('/')
      const names = members.get(parent) ?? new Set()
      const name = (steps[n] as string).replaceAll('~1', '/').replaceAll('~0', '~')
      if (name !== '*') members.set(parent, names.add(name))
    }
  }
  return members
}

function typeOf(value: Json): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'list'
  return typeof value === 'string' ? 'text' : typeof value
}

function sizeOf(value: Json): { [name: string]: number } {
  if (typeof value === 'string') return { characters: value.length }
  if (Array.isArray(value)) return { items: value.length }
  return isContainer(value) ? { characters: JSON.stringify(value).length } : {}
}
