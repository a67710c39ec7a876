/**
 * Who wrote which field of a tool's output, by the table's `output_third_party` and `attacker_fields`. What the table says
 * in words that are not understood counts as written by strangers, all of it.
 */
import type { FieldLabels, Json, Label } from '@castellan/contracts'
import { escapePointer, label } from '@castellan/kernel'
import type { Tool } from './suite.ts'

/** Fields of the output that strangers can write, and in which records. */
interface Declared {
  /** Names on the way; `*` stands for every element of a list or every member of an object. */
  readonly path: readonly string[]
  readonly in: Condition | null
}

type Condition = (record: { readonly [name: string]: Json }) => boolean

/** The labels of an output. `own` are the user's own addresses; `host` is the one the output came from, if any. */
export function labelOutput(
  tool: Tool,
  value: Json,
  own: ReadonlySet<string>,
  host: string | null,
): FieldLabels {
  const readers = host !== null || tellsNothing(value) ? 'everyone' : ['owner']
  const house = label(['system'], readers)
  const foreign = label([host === null ? `plugin:${tool.name}` : `web:${host}`], readers)
  if (tool.output_third_party === 'none') return { '': house }
  const declared = tool.output_third_party === 'some-fields' ? readFields(tool.attacker_fields, own) : null
  if (declared === null || value === null || typeof value !== 'object') return { '': foreign }
  const labels: { [pointer: string]: Label } = { '': house }
  const isMarked = declared.map((field) => markAnywhere(labels, foreign, field, value))
  // A table that speaks of fields which are nowhere speaks of another output: nothing is known of this one.
  return isMarked.includes(true) || Object.keys(value).length === 0 ? labels : { '': foreign }
}

/** Marks a field from the root on or, where it is not there, wherever in the output its path ends. False where it is nowhere. */
function markAnywhere(labels: Labels, foreign: Label, field: Declared, value: Json): boolean {
  if (mark(labels, foreign, field, value, '', null)) return true
  if (field.path.every((step) => step === '*')) return false
  return (
    [...containersOf(value, '')].filter((each) => mark(labels, foreign, field, each.value, each.at, null))
      .length > 0
  )
}

function* containersOf(value: Json, at: string): Generator<{ readonly value: Json; readonly at: string }> {
  if (value === null || typeof value !== 'object') return
  for (const [name, child] of Object.entries(value)) {
    const below = `${at}/${escapePointer(name)}`
    yield { value: child, at: below }
    yield* containersOf(child, below)
  }
}

type Labels = { [pointer: string]: Label }

/** The labels of an output that says itself what strangers wrote in it. */
export function labelStored(tool: Tool, value: Json, thirdParty: readonly string[]): FieldLabels {
  const foreign = label([`plugin:${tool.name}`], ['owner'])
  const house = label(['system'], tellsNothing(value) ? 'everyone' : ['owner'])
  return { '': house, ...Object.fromEntries(thirdParty.map((pointer) => [pointer, foreign])) }
}

/** A bare date, time or number is nobody's secret; whatever else a tool returns is the owner's. */
function tellsNothing(value: Json): boolean {
  if (typeof value !== 'string') return value === null || typeof value === 'boolean'
  return /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$/.test(value)
}

const pathForm =
  /^(?:\$\.?)?(?:[A-Za-z_]\w*|\[\*?\]|\{\w+\}|\*)(?:\.[A-Za-z_]\w*|\.?\[\*?\]|\.?\{\w+\}|\.\*)*(?=$|[\s:;,(])/
/** A single word is a field only where it cannot be the beginning of a sentence. */
const wordForm = /^\w+(?:$|:| \(| of )/

/** Null when some entry is not understood. A condition that one entry states tells which records the list speaks of. */
function readFields(entries: readonly string[], own: ReadonlySet<string>): Declared[] | null {
  const condition = entries.map((entry) => conditionOf(entry, own)).find((each) => each !== null) ?? null
  const paths = entries.map((entry) => {
    const path = pathForm.exec(entry)?.[0]
    return path !== undefined && (/[[{.*]/.test(path) || wordForm.test(entry)) ? path : undefined
  })
  if (paths.length === 0 || paths.includes(undefined)) return null
  return paths.map((path = '') => ({ path: stepsOf(path), in: condition }))
}

function stepsOf(path: string): string[] {
  return (path.match(/\[\*?\]|\{\w+\}|\w+|\*/g) ?? []).map((step) => (/^\w/.test(step) ? step : '*'))
}

/** `(field == 'value')`, and events that somebody else takes part in. */
function conditionOf(entry: string, own: ReadonlySet<string>): Condition | null {
  const [, field = '', value = ''] = /\((\w+) == '([^']*)'\)/.exec(entry) ?? []
  if (field !== '') return (record) => record[field] === value
  if (own.size > 0 && /\(whenever somebody other than the user is a participant\)/.test(entry)) {
    return ({ participants }) =>
      !Array.isArray(participants) || participants.some((who) => typeof who !== 'string' || !own.has(who))
  }
  return null
}

/** Whether the field is there, in records of the kind that is spoken of or others. */
function mark(
  labels: Labels,
  foreign: Label,
  field: Declared,
  value: Json,
  pointer: string,
  record: { readonly [name: string]: Json } | null,
): boolean {
  const [step, ...path] = field.path
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value)
  const inside = record ?? (isObject ? value : null)
  if (step === undefined) {
    if (field.in === null || inside === null || field.in(inside)) labels[pointer] = foreign
    return true
  }
  if (value === null || typeof value !== 'object') return false
  // An empty list has every field.
  let isThere = Array.isArray(value) && value.length === 0 && step === '*'
  for (const [name, child] of Object.entries(value)) {
    if (step !== '*' && step !== name) continue
    const isElement =
      Array.isArray(value) && child !== null && typeof child === 'object' && !Array.isArray(child)
    const at = `${pointer}/${escapePointer(name)}`
    if (mark(labels, foreign, { ...field, path }, child, at, isElement ? child : record)) isThere = true
  }
  return isThere
}

/** The user's own addresses, where the environment says which accounts it holds. */
export function ownAddresses(environment: Json): Set<string> {
  if (environment === null || typeof environment !== 'object') return new Set()
  return new Set(
    Object.entries(environment).flatMap(([name, value]) =>
      name === 'account_email' && typeof value === 'string' ? [value] : [...ownAddresses(value)],
    ),
  )
}
