/**
 * Whether reading something untrusted could ever make a rule of the owner's let more through. Each member of the context
 * rises (becomes true, or larger) or falls as a call becomes less trusted, or does not move. A permit may only fall by it
 * and a forbid only rise; what cannot be told is refused. Sound by induction over the expression, and nothing cleverer.
 */

import { roles } from '@castellan/contracts'
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { contextPath, type Expression, isExpression, partsOf } from './paths.ts'

type Course = 'rises' | 'falls' | 'stays'

/** How a member moves when one untrusted source more is read. schema.cedarschema declares the same members. */
export const courses: Readonly<Record<string, Course>> = {
  ...Object.fromEntries(
    roles.flatMap((role) => [
      [`${role}.foreign`, 'rises'],
      [`${role}.sources`, 'rises'],
      [`${role}.values`, 'stays'],
    ]),
  ),
  strongForeign: 'rises',
  anchored: 'falls',
  unsaid: 'rises',
  unread: 'rises',
  'run.foreign': 'rises',
  'run.sources': 'rises',
  'run.sensitive': 'rises',
  'run.influence': 'rises',
  chain: 'stays',
  leaves: 'stays',
  to: 'stays',
  approval: 'stays',
}

/** Why a rule may let more through for being less trusted; empty when it cannot. */
export function notMonotone(policy: PolicyJson): string[] {
  const wanted = policy.effect === 'permit' ? 'falls' : 'rises'
  const reads = policy.conditions
    .flatMap(({ kind, body }) => readsIn(body, kind === 'when' ? wanted : opposite(wanted)))
    .filter(({ name }) => courses[name] !== 'stays')
  const reasons = reads.filter((each) => courses[each.name] !== each.wanted).map(reasonOf)
  const fails = policy.conditions.some(({ body }) => canFail(body))
  return [...new Set(reads.length > 0 && fails ? [...reasons, failing] : reasons)]
}

const failing =
  'it calculates, which can fail, and asks what was read as well: a rule that fails closes the gate, so reading more could open it'

/** How an expression, or a member in it, may move. */
type Wanted = Course

/** A member that is read, and how it may move where it stands. */
interface Read {
  readonly name: string
  readonly wanted: Wanted
}

/** The members that an expression reads, where it may move as wanted. */
function readsIn(node: unknown, wanted: Wanted): Read[] {
  const path = contextPath(node)
  if (path !== undefined) return [{ name: path.join('.'), wanted }]
  if (!isExpression(node)) return partsOf(node).flatMap((part) => readsIn(part, 'stays'))
  return Object.entries(node).flatMap(([operator, operand]) => readsUnder(operator, operand, wanted))
}

function readsUnder(operator: string, operand: unknown, wanted: Wanted): Read[] {
  const { arg, left, right } = isExpression(operand) ? operand : ({} as Expression)
  switch (operator) {
    case 'Value':
      return []
    case '!':
    case 'isEmpty':
      return readsIn(arg, opposite(wanted))
    case '&&':
    case '||':
    case 'containsAny':
      return [...readsIn(left, wanted), ...readsIn(right, wanted)]
    case 'containsAll':
    case '>':
    case '>=':
      return [...readsIn(left, wanted), ...readsIn(right, opposite(wanted))]
    case '<':
    case '<=':
      return [...readsIn(left, opposite(wanted)), ...readsIn(right, wanted)]
    case 'contains':
      return [...readsIn(left, wanted), ...readsIn(right, 'stays')]
    case '==':
    case '!=':
      return readsCompared(operator, left, right, wanted)
    case 'if-then-else':
      return readsBranching(operand as Expression, wanted)
    case 'has':
      // Whether a call has arguments of a role does not depend on who wrote them.
      return contextPath(left) === undefined ? readsIn(left, 'stays') : []
    default:
      return readsIn(partsOf(operand), 'stays')
  }
}

/** `x == true` is x and `x == false` is not x; any other comparison may go either way. */
function readsCompared(operator: string, left: unknown, right: unknown, wanted: Wanted): Read[] {
  const onLeft = literalBoolean(left)
  const literal = onLeft ?? literalBoolean(right)
  if (literal === undefined) return [...readsIn(left, 'stays'), ...readsIn(right, 'stays')]
  const same = literal === (operator === '==')
  return readsIn(onLeft === undefined ? left : right, same ? wanted : opposite(wanted))
}

function readsBranching({ if: condition, then, else: otherwise }: Expression, wanted: Wanted): Read[] {
  return [...readsIn(condition, 'stays'), ...readsIn(then, wanted), ...readsIn(otherwise, wanted)]
}

function opposite(wanted: Wanted): Wanted {
  if (wanted === 'stays') return 'stays'
  return wanted === 'rises' ? 'falls' : 'rises'
}

function literalBoolean(node: unknown): boolean | undefined {
  const value = isExpression(node) ? node['Value'] : undefined
  return typeof value === 'boolean' ? value : undefined
}

/** Operators that answer for whatever they are given; all others, known or not, may fail. */
const total: ReadonlySet<string> = new Set(
  'Value Var ! && || == != < <= > >= in is has like . contains containsAny containsAll isEmpty if-then-else Set Record'.split(
    ' ',
  ),
)

function canFail(node: unknown): boolean {
  if (!isExpression(node)) return false
  return Object.entries(node).some(([operator, operand]) => {
    if (!total.has(operator)) return true
    if (operator === 'Value' || operator === 'Var') return false
    if (operator === 'like') return canFail((operand as Expression)['left'])
    return partsOf(operand).some(canFail)
  })
}

function reasonOf({ name, wanted }: Read): string {
  const course = courses[name]
  if (course === undefined) {
    const what = name === '' ? 'the whole of context' : `context.${name} as a whole`
    return `it reads ${what}; name the member that it is about`
  }
  if (wanted === 'stays') {
    return `it compares context.${name} in a way of which it cannot be told what reading more does to it; use !, &&, ||, contains, containsAny, containsAll or isEmpty`
  }
  const becomes = course === 'falls' ? 'no longer holds' : nameOfRise(name)
  return `it lets more through when context.${name} ${becomes}, which reading something untrusted brings about`
}

function nameOfRise(name: string): string {
  return name.endsWith('sources') ? 'has one source more' : 'holds'
}
