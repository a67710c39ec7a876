/**
 * Whether a rule applies to a request, worked out without the engine: a check tries many thousands of requests. It only
 * ever finds what is said about a rule, never what a call may do; a property test holds it against Cedar.
 */

import type { PolicyRequest } from '@castellan/kernel'
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { contextOf, everyMember } from './context.ts'
import type { Expression } from './paths.ts'

/** A rule uses what is not worked out here: arithmetic, or a function of Cedar's extensions. */
export class Untold extends Error {}

type Entity = { readonly type: string; readonly id: string }

interface Environment {
  readonly principal: Entity
  readonly action: Entity
  readonly resource: Entity
  readonly context: unknown
}

/** The request as rules see it; made once for many rules. */
export function environmentOf(request: PolicyRequest): Environment {
  return {
    principal: { type: 'Castellan::Principal', id: request.principal },
    action: { type: 'Castellan::Action', id: request.effect },
    resource: { type: 'Castellan::Skill', id: request.skill },
    context: contextOf(request, everyMember),
  }
}

/** Whether the scope and all conditions of a rule hold. Throws `Untold`. */
export function applies(policy: PolicyJson, environment: Environment): boolean {
  const variables = ['principal', 'action', 'resource'] as const
  if (!variables.every((name) => inScope(policy[name] as Scope, environment[name]))) return false
  return policy.conditions.every(({ kind, body }) => value(body, environment) === (kind === 'when'))
}

interface Scope {
  readonly op: string
  readonly entity?: unknown
  readonly entities?: readonly unknown[]
  readonly entity_type?: string
  readonly in?: { readonly entity: unknown }
}

function inScope({ op, entity, entities, entity_type, in: within }: Scope, actual: Entity): boolean {
  if (op === 'All') return true
  const named = [
    ...(entities ?? []),
    ...(entity === undefined ? [] : [entity]),
    ...(within === undefined ? [] : [within.entity]),
  ]
  const isNamed = named.some((each) => same(entityOf(each), actual))
  if (op === 'is') return entity_type === actual.type && (within === undefined || isNamed)
  return isNamed
}

function entityOf(written: unknown): Entity {
  const wrapped = written as { __entity?: Entity }
  return wrapped.__entity ?? (written as Entity)
}

function value(node: unknown, environment: Environment): unknown {
  const [operator = '', operand] = Object.entries(node as Expression)[0] ?? []
  if (operator === 'Value') return literal(operand)
  if (operator === 'Var') return environment[operand as keyof Environment]
  if (operator === 'Set') return (operand as unknown[]).map((each) => value(each, environment))
  if (operator === 'Record') {
    return Object.fromEntries(
      Object.entries(operand as Expression).map(([name, each]) => [name, value(each, environment)]),
    )
  }
  const parts = operand as { [name: string]: unknown }
  const at = (name: string) => value(parts[name], environment)
  if (operator === 'if-then-else') return at(at('if') === true ? 'then' : 'else')
  if (operator === '&&') return at('left') === true && at('right') === true
  if (operator === '||') return at('left') === true || at('right') === true
  if (operator === '!') return at('arg') !== true
  if (operator === 'isEmpty') return (at('arg') as unknown[]).length === 0
  if (operator === '.') return (at('left') as Expression)[String(parts['attr'])]
  if (operator === 'has') return has(at('left'), parts['attr'])
  if (operator === 'is')
    return (
      (at('left') as Entity).type === parts['entity_type'] &&
      (parts['in'] === undefined || isIn(at('left'), at('in')))
    )
  if (operator === 'like') return like(String(at('left')), parts['pattern'] as Pattern)
  const compare = comparisons[operator]
  if (compare === undefined) throw new Untold(operator)
  return compare(at('left'), at('right'))
}

function literal(operand: unknown): unknown {
  if (Array.isArray(operand)) return operand.map(literal)
  const wrapped = operand as { __entity?: Entity; __extn?: unknown } | null
  if (wrapped !== null && typeof wrapped === 'object' && wrapped.__extn !== undefined)
    throw new Untold('a function')
  return wrapped !== null && typeof wrapped === 'object' ? (wrapped.__entity ?? operand) : operand
}

const comparisons: { readonly [operator: string]: (left: unknown, right: unknown) => boolean } = {
  '==': same,
  '!=': (left, right) => !same(left, right),
  '<': (left, right) => Number(left) < Number(right),
  '<=': (left, right) => Number(left) <= Number(right),
  '>': (left, right) => Number(left) > Number(right),
  '>=': (left, right) => Number(left) >= Number(right),
  in: isIn,
  contains: (set, each) => contains(set, each),
  containsAll: (set, others) => (others as unknown[]).every((each) => contains(set, each)),
  containsAny: (set, others) => (others as unknown[]).some((each) => contains(set, each)),
}

/** Nothing of ours has parents. */
function isIn(left: unknown, right: unknown): boolean {
  return Array.isArray(right) ? contains(right, left) : same(left, right)
}

function contains(set: unknown, each: unknown): boolean {
  return (set as unknown[]).some((member) => same(member, each))
}

function same(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.every((each) => contains(right, each)) && right.every((each) => contains(left, each))
  }
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object')
    return left === right
  const names = Object.keys(left)
  if (Array.isArray(left) || Array.isArray(right) || names.length !== Object.keys(right).length) return false
  return names.every((name) => same((left as Expression)[name], (right as Expression)[name]))
}

function has(record: unknown, attribute: unknown): boolean {
  let at: unknown = record
  for (const name of Array.isArray(attribute) ? attribute : [attribute]) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, String(name))) return false
    at = (at as Expression)[String(name)]
  }
  return true
}

type Pattern = readonly ('Wildcard' | { readonly Literal: string })[]

/** Pieces between wildcards, found one after the other; the first begins the text, the last ends it. */
function like(text: string, pattern: Pattern): boolean {
  const pieces = pattern.map((each) => (each === 'Wildcard' ? null : each.Literal))
  const runs: string[] = ['']
  for (const piece of pieces) {
    if (piece === null) runs.push('')
    else runs[runs.length - 1] += piece
  }
  const [first = '', ...rest] = runs
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last))
    return false
  let from = first.length
  for (const piece of rest) {
    const found = text.indexOf(piece, from)
    if (found < 0 || found + piece.length > text.length - last.length) return false
    from = found + piece.length
  }
  return true
}
