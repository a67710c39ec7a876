/**
 * What a document may look like before anybody works with it: its size, depth, aliases and directives, counted through
 * fragments without unfolding them, so that counting costs no more than the text. Validation comes after: it is quadratic.
 */
import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'grafast/graphql'
import type { Limits } from '../envelope.ts'
import { Refusal } from '../refusal.ts'

const mostTokens = 5_000
const mostAliases = 30
const mostDirectives = 50
const mostFields = 5_000
/** The schema itself is asked for with deep documents; only the owner can. */
const introspectionDepth = 20

interface Measure {
  depth: number
  fields: number
  aliases: number
  directives: number
  introspects: boolean
}

/** Parses a text that is not too large; throws a `Refusal`. */
export function parseDocument(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: mostTokens, noLocation: false })
  } catch (error) {
    if (error instanceof Error && /more that \d+ tokens|Maximum call stack/.test(error.message)) {
      throw new Refusal(
        'too_large',
        `The document has more than ${mostTokens} words. Ask in several requests.`,
      )
    }
    const at = (error as { locations?: { line: number; column: number }[] }).locations
    const message = error instanceof Error ? error.message : 'The document is not GraphQL.'
    throw new Refusal('syntax', message, [
      { message, ...(at === undefined ? {} : { locations: at }), extensions: { code: 'syntax' } },
    ])
  }
}

/** Throws a `Refusal` for a document that is over a limit, and for one that asks for the schema without the right to. */
export function checkForm(document: DocumentNode, limits: Limits, introspect: boolean): void {
  const all = measured(document)
  if (all.introspects && !introspect) {
    throw new Refusal(
      'introspection_refused',
      'The schema is shown to the owner only. Ask the owner which fields there are.',
    )
  }
  const depth = all.introspects ? Math.max(limits.depth, introspectionDepth) : limits.depth
  if (all.depth > depth) {
    throw new Refusal(
      'too_deep',
      `Fields are nested ${all.depth} deep; ${depth} is allowed. Ask for the inner part by itself.`,
    )
  }
  if (all.aliases > mostAliases) {
    throw new Refusal(
      'too_many_aliases',
      `${all.aliases} fields are renamed; ${mostAliases} is allowed. Ask in several requests.`,
    )
  }
  if (all.directives > mostDirectives || all.fields > mostFields) {
    throw new Refusal(
      'too_large',
      `The document comes to more than ${mostFields} fields or ${mostDirectives} directives. Ask for less at once.`,
    )
  }
}

function measured(document: DocumentNode): Measure {
  const fragments = new Map(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  )
  const known = new Map<string, Measure | 'open'>()
  const ofFragment = (name: string): Measure => {
    const found = known.get(name)
    if (found === 'open')
      throw new Refusal('not_in_schema', 'A fragment contains itself. Take it out of itself.')
    if (found !== undefined) return found
    known.set(name, 'open')
    const fragment = fragments.get(name)
    const measure = fragment === undefined ? nothing() : ofSet(fragment.selectionSet)
    measure.directives += fragment?.directives?.length ?? 0
    known.set(name, measure)
    return measure
  }
  const ofSet = (set: SelectionSetNode | undefined): Measure => {
    const sum = nothing()
    for (const each of set?.selections ?? []) {
      const inner =
        each.kind === Kind.FRAGMENT_SPREAD ? ofFragment(each.name.value) : ofSet(each.selectionSet)
      add(sum, inner, each.kind === Kind.FIELD ? 1 : 0)
      sum.directives += each.directives?.length ?? 0
      if (each.kind !== Kind.FIELD) continue
      sum.fields++
      if (each.alias !== undefined) sum.aliases++
      if (each.name.value === '__schema' || each.name.value === '__type') sum.introspects = true
    }
    return sum
  }
  const whole = nothing()
  for (const each of document.definitions) {
    if (each.kind === Kind.OPERATION_DEFINITION) add(whole, ofSet(each.selectionSet), 0)
    // A fragment that nothing uses is looked at as well: it may contain itself.
    if (each.kind === Kind.FRAGMENT_DEFINITION)
      add(whole, { ...ofFragment(each.name.value), fields: 0, aliases: 0 }, 0)
  }
  return whole
}

function nothing(): Measure {
  return { depth: 0, fields: 0, aliases: 0, directives: 0, introspects: false }
}

function add(sum: Measure, inner: Measure, deeper: number): void {
  sum.depth = Math.max(sum.depth, inner.depth + deeper)
  sum.fields += inner.fields
  sum.aliases += inner.aliases
  sum.directives += inner.directives
  sum.introspects ||= inner.introspects
}
