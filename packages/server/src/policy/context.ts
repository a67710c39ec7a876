/**
 * What is sent to Cedar of a request. A policy's answer depends on nothing it does not read, so what no policy reads
 * stays here, and a policy that does not read the approval says the same for every proof.
 */
import { factors, roles } from '@castellan/contracts'
import type { PolicyRequest } from '@castellan/kernel'
import { policyToJson } from '@cedar-policy/cedar-wasm/nodejs'

const flags = ['strongForeign', 'anchored', 'unsaid', 'unread'] as const
const members = [...roles, ...flags, 'chain', 'leaves', 'to', 'run', 'approval'] as const

/** A member of `context`, as schema.cedarschema declares it. */
export type Member = (typeof members)[number]

/** All of them. */
export const everyMember: ReadonlySet<Member> = new Set(members)

/** The context of a request: members that are read as they are, others left out or, where the schema wants them, empty. */
export function contextOf(request: PolicyRequest, reads: ReadonlySet<Member>) {
  const folds = roles.flatMap((role) => {
    const fold = request.folds[role]
    if (fold === undefined || !reads.has(role)) return []
    return [[role, { foreign: fold.foreign, sources: [...fold.sources], values: [...fold.values] }] as const]
  })
  const { foreign, sources, sensitive, influence } = request.run
  return {
    ...Object.fromEntries(folds),
    chain: reads.has('chain') ? [...request.chain] : [],
    strongForeign: reads.has('strongForeign') && request.strongForeign,
    anchored: reads.has('anchored') && request.anchored,
    unsaid: reads.has('unsaid') && request.unsaid,
    leaves: reads.has('leaves') && request.to.length > 0,
    to: reads.has('to') ? [...request.to] : [],
    unread: reads.has('unread') && request.unread,
    run: reads.has('run')
      ? { foreign, sources: [...sources], sensitive, influence }
      : { foreign: false, sources: [], sensitive: false, influence: 0 },
    approval: reads.has('approval') ? factors.indexOf(request.approval) : 0,
  }
}

/** The members that a policy (Cedar text) reads; all of them when in doubt. */
export function membersRead(text: string): ReadonlySet<Member> {
  const parsed = policyToJson(text)
  const found = new Set<Member>()
  const understood =
    parsed.type === 'success' && parsed.json.conditions.every((each) => collect(each.body, found))
  return understood ? found : everyMember
}

/** The members that any of some policies read. */
export function union(each: readonly ReadonlySet<Member>[]): ReadonlySet<Member> {
  return new Set(each.flatMap((reads) => [...reads]))
}

/** Adds what an expression reads; false when that cannot be told, as where `context` stands as a whole. */
function collect(node: unknown, found: Set<Member>): boolean {
  if (node === null || typeof node !== 'object') return true
  return Object.entries(node).every(([operator, operand]: [string, unknown]) => {
    // Only a string names a variable; a record may have a member that is called `Var`.
    if (operator === 'Var' && typeof operand === 'string') return operand !== 'context'
    const named = operator === '.' || operator === 'has' ? nameInContext(operand) : undefined
    if (named === undefined) return collect(operand, found)
    const member = members.find((each) => each === named)
    if (member !== undefined) found.add(member)
    return member !== undefined
  })
}

/** What `context.name` or `context has name.…` names; undefined for anything else. */
function nameInContext(operand: unknown): string | undefined {
  const { left, attr } = operand as { left?: { Var?: unknown }; attr?: unknown }
  const name: unknown = Array.isArray(attr) ? attr[0] : attr
  return left?.Var === 'context' && typeof name === 'string' ? name : undefined
}
