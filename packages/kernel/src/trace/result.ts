/**
 * What a run has read, as tracing needs it: the fields of a result, each with who could have written it, and the records
 * they belong to. A result is taken apart once, when it is first looked at.
 */
import type { Effect, FieldLabels, Json, Label, Role } from '@castellan/contracts'
import { foreignSources, labelAt, labelOfAll } from '../label.ts'
import { kindOf } from './literal.ts'
import { escapePointer, leavesOf } from './pointer.ts'
import { standsIn } from './said.ts'
import { foldedTokens } from './token.ts'

/** A result that the planner has read. */
export interface ReadResult {
  /** How the caller finds it again. */
  readonly id?: string
  readonly skill: string
  /** What the skill does; a read when absent. */
  readonly effect?: Effect
  /** What it was read with, and the roles of these arguments; without roles all of them count. */
  readonly args: { readonly [name: string]: Json }
  readonly roles?: { readonly [name: string]: Role }
  readonly value: Json
  readonly labels: FieldLabels
  /** Fields that the service itself wrote, never a third party, as pointers in which `*` stands for any one step. */
  readonly platform?: readonly string[]
}

/** One string or number of a result, or the name of a member. */
export interface Field {
  /** The skill and the path with `*` for places in a list, so that the same field of two records has the same pattern. */
  readonly pattern: string
  /** The last name on its path. */
  readonly name: string
  readonly value: string | number
  readonly label: Label
  /** Somebody could have written it whom nothing is known of. */
  readonly isThirdParty: boolean
  /** What it repeats of what the result was asked for with: whoever asked wrote that. */
  readonly echoes: readonly (string | number)[]
  /** What the owner's words may match it by: nothing for long texts, which mention everything. */
  readonly tokens: readonly string[]
}

/** Fields that speak of one thing: an element of a list, an object, or one member of an object with its name. */
export interface Item {
  readonly fields: readonly Field[]
  /** It is a member of an object, and its name is its first field. */
  readonly isMember: boolean
}

export interface IndexedResult {
  readonly result: ReadResult
  readonly fields: readonly Field[]
  readonly items: readonly Item[]
  /** Fields of items by the tokens they could be matched by. */
  readonly byToken: ReadonlyMap<string, readonly (readonly [Item, Field])[]>
  /** The join of the labels of all of it. */
  readonly label: Label
}

const known = new WeakMap<ReadResult, IndexedResult>()

/** A result taken apart; the same object is taken apart once. */
export function indexResult(result: ReadResult): IndexedResult {
  const found = known.get(result)
  if (found !== undefined) return found
  const index = new Index(result)
  index.enter(result.value, '', '', null)
  const made = { result, ...index.parts(), label: labelOfAll(result.labels) }
  known.set(result, made)
  return made
}

/** Text that is longer matches no words: it mentions too much. */
const matchableCharacters = 300

class Index {
  readonly #fields: Field[] = []
  readonly #items: Item[] = []
  readonly #result: ReadResult
  readonly #platform: readonly (readonly string[])[]
  readonly #asked: readonly (string | number)[]

  constructor(result: ReadResult) {
    this.#result = result
    this.#asked = [...leavesOf('', { ...result.args })].flatMap(({ value }) =>
      (typeof value === 'string' && value !== '') || typeof value === 'number' ? [value] : [],
    )
    this.#platform = (result.platform ?? []).map((pattern) => pattern.split('/'))
  }

  parts() {
    const byToken = new Map<string, (readonly [Item, Field])[]>()
    for (const item of this.#items) {
      for (const field of item.fields) {
        for (const token of new Set(field.tokens)) {
          const there = byToken.get(token)
          if (there === undefined) byToken.set(token, [[item, field]])
          else there.push([item, field])
        }
      }
    }
    return { fields: this.#fields, items: this.#items, byToken }
  }

  /** `item` collects the fields of the record around; null outside of any. */
  enter(value: Json, pointer: string, pattern: string, item: Field[] | null): void {
    if (typeof value === 'string' || typeof value === 'number') {
      const field = this.#field(value, pointer, pattern)
      this.#fields.push(field)
      item?.push(field)
    } else if (Array.isArray(value)) {
      value.forEach((each, place) => {
        const own = isObject(each) ? this.#item(false) : item
        this.enter(each, `${pointer}/${place}`, `${pattern}/*`, own)
      })
    } else if (isObject(value)) {
      const isRecord = item === null && hasArguments(this.#result) && describesOneThing(value)
      this.#members(value, pointer, pattern, isRecord ? this.#item(false) : item)
    }
  }

  #members(value: { [name: string]: Json }, pointer: string, pattern: string, item: Field[] | null): void {
    const isListed = pattern.includes('*')
    for (const [name, child] of Object.entries(value)) {
      const at = `${pointer}/${escapePointer(name)}`
      this.enter(child, at, `${pattern}/${escapePointer(name)}`, item)
      if (isListed) continue
      // A member is matched by its name, which is written by whoever wrote the object: `{ "Phone number": "…" }`.
      const named = this.#field(name, pointer, `${pattern}#name`)
      this.#fields.push(named)
      const own = this.#item(true)
      own.push(named)
      if (typeof child === 'string' || typeof child === 'number')
        own.push(this.#field(child, at, `${pattern}#value`))
    }
  }

  #item(isMember: boolean): Field[] {
    const fields: Field[] = []
    this.#items.push({ fields, isMember })
    return fields
  }

  #field(value: string | number, pointer: string, pattern: string): Field {
    const label = labelAt(this.#result.labels, pointer)
    const text = String(value)
    return {
      pattern: `${this.#result.skill} ${pattern}`,
      name: pointer.slice(pointer.lastIndexOf('/') + 1),
      value,
      label,
      echoes: this.#asked.filter((each) => each === value || standsIn(text, String(each))),
      isThirdParty: foreignSources(label).length > 0 && !this.#isPlatform(pointer),
      tokens: text.length > matchableCharacters ? [] : foldedTokens(text),
    }
  }

  #isPlatform(pointer: string): boolean {
    const steps = pointer.split('/')
    return this.#platform.some(
      (pattern) =>
        pattern.length === steps.length && pattern.every((step, n) => step === '*' || step === steps[n]),
    )
  }
}

/** Whether anything was asked for in particular. */
function hasArguments({ args, roles }: ReadResult): boolean {
  return Object.entries(args).some(([name, value]) => value !== null && roles?.[name] !== 'option')
}

/**
 * Whether an object is one record and no list of things by their names: its members are called like fields, and do not
 * all hold the same kind of value.
 */
function describesOneThing(value: { [name: string]: Json }): boolean {
  const isField = (name: string) => /^[a-z][a-zA-Z0-9_]*$/.test(name)
  const kinds = new Set(
    Object.values(value).map((child) => (typeof child === 'string' ? kindOf(child) : typeof child)),
  )
  return Object.keys(value).every(isField) && kinds.size > 1
}

function isObject(value: Json): value is { [name: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
