/**
 * References: `{{web_17.text}}` in what the planner writes stands for a stored value. They are resolved once, before
 * arguments are parsed; what they stand for is never searched for references.
 */
import type { FieldLabels, Json, Label } from '@castellan/contracts'
import { escapePointer, joinAll } from '@castellan/kernel'
import { labelsUnder, labelUnder, pointerOf, valueAt } from './pointer.ts'
import type { Result } from './view.ts'

const handlePattern = String.raw`[a-z][a-z0-9-]*_\d{1,15}(?:\.[^\s{}.]{1,100}){0,32}`
const alone = new RegExp(String.raw`^\{\{\s*(${handlePattern})\s*\}\}$`)
const within = new RegExp(String.raw`\{\{\s*(${handlePattern})\s*\}\}`, 'g')
const bare = new RegExp(`^${handlePattern}$`)

/** More than any skill takes, and far less than would hurt. */
const mostCharacters = 4_000_000

/** A stored result that references may name. */
export interface Named extends Result {
  /** The skill that made it. */
  readonly skill: string
}

/** Finds a result of the conversation by the number of its line; undefined when there is none. */
export type Find = (seq: number) => Named | undefined

/** Something the planner named that is not there, in words for it. */
export interface Unknown {
  readonly problem: string
}

/** What references call the result of a skill, e.g. `web_17`. */
export function handleOf(skill: string, seq: number): string {
  const [area = '', verb = ''] = skill.split('.')
  return `${area === 'sealed' ? verb : area}_${seq}`
}

/** The handle in what may be written with its braces or without; null when it is none. */
export function handleIn(text: string): string | null {
  const handle = alone.exec(text.trim())?.[1] ?? text.trim()
  return bare.test(handle) ? handle : null
}

/** Every handle that some text, or the strings of a value, refer to; each once. */
export function referencesIn(value: Json): string[] {
  if (typeof value === 'string') {
    if (!value.includes('{{')) return []
    return [...new Set([...value.matchAll(within)].map((found) => found[1] ?? ''))]
  }
  if (value === null || typeof value !== 'object') return []
  return [...new Set(Object.values(value).flatMap(referencesIn))]
}

/** The pointer that follows the handle's first part. */
export function pointerIn(handle: string): string {
  return pointerOf(handle.split('.').slice(1))
}

/** The number of the line that a handle names. */
export function seqOf(handle: string): number {
  return Number(/_(\d+)/.exec(handle)?.[1] ?? Number.NaN)
}

/** The value under a handle with the labels of its parts, by pointers of its own. */
export function lookUp(handle: string, find: Find): (Result & { readonly pointer: string }) | Unknown {
  const [name = '', ...steps] = handle.split('.')
  const result = find(seqOf(name))
  if (result === undefined || handleOf(result.skill, seqOf(name)) !== name)
    return { problem: `There is no value {{${handle}}} in this conversation.` }
  const value = valueAt(result.value, steps)
  if (value === undefined)
    return { problem: `There is nothing under {{${handle}}}; use a handle as it was given.` }
  const pointer = pointerOf(steps)
  const labels = Object.entries(labelsUnder(result.labels, pointer))
  return {
    pointer,
    value,
    labels: Object.fromEntries(labels.map(([path, label]) => [path.slice(pointer.length), label])),
  }
}

/** Arguments with their references resolved. */
export interface Resolved {
  readonly args: Json
  /** Labels of what came by reference, by JSON pointer. */
  readonly references: FieldLabels
}

/** Resolves the references in arguments. `written` is the label of the planner's own words around one. */
export function resolve(args: Json, find: Find, written: Label): Resolved | Unknown {
  const references: { [pointer: string]: Label } = {}
  const problems: string[] = []
  let room = mostCharacters

  function value(handle: string): Result {
    const found = lookUp(handle, find)
    if ('problem' in found) problems.push(found.problem)
    const result = 'problem' in found ? { value: null, labels: {} } : found
    room -= typeof result.value === 'string' ? result.value.length : JSON.stringify(result.value).length
    if (room < 0) problems.push('What the references stand for is too long to be passed on together.')
    return room < 0 ? { value: null, labels: {} } : result
  }

  function enter(node: Json, pointer: string): Json {
    if (typeof node === 'string') return text(node, pointer)
    if (node === null || typeof node !== 'object') return node
    if (Array.isArray(node)) return node.map((each, place) => enter(each, `${pointer}/${place}`))
    const members = Object.entries(node)
    return Object.fromEntries(
      members.map(([name, each]) => [name, enter(each, `${pointer}/${escapePointer(name)}`)]),
    )
  }

  function text(node: string, pointer: string): Json {
    if (!node.includes('{{')) return node
    const whole = alone.exec(node)?.[1]
    if (whole !== undefined) {
      const result = value(whole)
      references[pointer] = labelUnder(result.labels, '')
      return result.value
    }
    const labels: Label[] = []
    const filled = node.replaceAll(within, (_, handle: string) => {
      const result = value(handle)
      labels.push(labelUnder(result.labels, ''))
      return textOf(result.value)
    })
    if (labels.length > 0) references[pointer] = joinAll([written, ...labels])
    return filled
  }

  const resolved = enter(args, '')
  return problems.length > 0 ? { problem: [...new Set(problems)].join(' ') } : { args: resolved, references }
}

/** A value as it stands within a text. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
