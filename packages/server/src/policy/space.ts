/**
 * The requests there could be, as far as rules can tell them apart: every yes and no, every proof, and of strings the ones
 * that the rules name and one that none of them names. Small spaces are gone through whole, large ones in part.
 */

import { effects, factors, type Role, roles, strongRoles } from '@castellan/contracts'
import type { Fold, PolicyRequest } from '@castellan/kernel'
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { contextPath, isExpression, partsOf } from './paths.ts'

type Change = (request: PolicyRequest) => PolicyRequest
/** One thing by which requests differ, and all that it can be. */
export type Dimension = readonly Change[]

/** A request that rules have nothing to say of: untainted, reaching nobody. */
export const plainRequest: PolicyRequest = {
  principal: 'agent:fresh',
  chain: ['owner', 'agent:fresh'],
  effect: 'read',
  skill: 'fresh.skill',
  folds: {},
  strongForeign: false,
  anchored: true,
  unsaid: false,
  unread: false,
  to: [],
  run: { foreign: false, sources: [], sensitive: false, influence: 0 },
  approval: 'none',
}

/** By what requests differ for some rules, by name; `whole` names those whose values are only some of all. */
export function dimensionsOf(policies: readonly PolicyJson[]): {
  dimensions: Map<string, Dimension>
  partly: boolean
} {
  const reads = new Set(policies.flatMap((each) => readsOf(each)))
  const words = new Words(policies)
  const dimensions = new Map<string, Dimension>([
    ['action', effects.map((effect) => (request) => ({ ...request, effect }))],
    [
      'principal',
      words
        .entities('Castellan::Principal', 'agent:fresh')
        .map((principal) => (request) => ({ ...request, principal })),
    ],
    [
      'resource',
      words.entities('Castellan::Skill', 'fresh.skill').map((skill) => (request) => ({ ...request, skill })),
    ],
  ])
  for (const role of roles) {
    const of = [...reads].filter((path) => path === role || path.startsWith(`${role}.`))
    if (of.length > 0) dimensions.set(role, foldDimension(role, of, words))
  }
  for (const flag of ['strongForeign', 'anchored', 'unsaid', 'unread'] as const) {
    if (reads.has(flag))
      dimensions.set(
        flag,
        [true, false].map((is) => (request) => ({ ...request, [flag]: is })),
      )
  }
  if (reads.has('approval'))
    dimensions.set(
      'approval',
      factors.map((approval) => (request) => ({ ...request, approval })),
    )
  if (reads.has('chain'))
    dimensions.set(
      'chain',
      words.sets('chain', 'agent:fresh').map((chain) => (request) => ({ ...request, chain })),
    )
  const to = reads.has('to') ? words.sets('to', 'fresh.example') : [[], ['fresh.example']]
  if (reads.has('to') || reads.has('leaves'))
    dimensions.set(
      'to',
      to.map((each) => (request) => ({ ...request, to: each })),
    )
  const sources = reads.has('run.sources')
    ? words.sets('run.sources', 'web:fresh.example')
    : [[], ['web:fresh.example']]
  if (reads.has('run.sources') || reads.has('run.foreign')) {
    dimensions.set(
      'run',
      sources.filter(isForeignOnly).map((each) => (request) => ({
        ...request,
        run: { ...request.run, foreign: each.length > 0, sources: each },
      })),
    )
  }
  if (reads.has('run.sensitive'))
    dimensions.set(
      'sensitive',
      [true, false].map((sensitive) => (request) => ({ ...request, run: { ...request.run, sensitive } })),
    )
  if (reads.has('run.influence'))
    dimensions.set(
      'influence',
      numbersAround(policies).map((influence) => (request) => ({
        ...request,
        run: { ...request.run, influence },
      })),
    )
  return { dimensions, partly: words.partly }
}

/** None, one, and the numbers that the rules name with their neighbours. */
function numbersAround(policies: readonly PolicyJson[]): number[] {
  const numbersIn = (node: unknown): number[] =>
    isExpression(node) && typeof node['Value'] === 'number'
      ? [node['Value']]
      : partsOf(node).flatMap(numbersIn)
  const named = policies.flatMap(({ conditions }) => conditions.flatMap(({ body }) => numbersIn(body)))
  return [...new Set([0, 1, ...named.flatMap((n) => [n - 1, n, n + 1])])].filter((n) => n >= 0)
}

/** A run names only foreign sources. */
function isForeignOnly(sources: readonly string[]): boolean {
  return !sources.includes('owner') && !sources.includes('system')
}

/** No argument of the role, or some: foreign or not, with these sources and values. */
function foldDimension(role: Role, reads: readonly string[], words: Words): Dimension {
  const sources = reads.includes(`${role}.sources`)
    ? words.sets(`${role}.sources`, 'web:fresh.example')
    : [['owner', 'web:fresh.example']]
  const values = reads.includes(`${role}.values`) ? words.sets(`${role}.values`, 'fresh') : [[]]
  const isStrong = (strongRoles as readonly Role[]).includes(role)
  const folds = [true, false].flatMap((foreign) =>
    sources.flatMap((each) =>
      foreign && each.every((source) => source === 'owner' || source === 'system')
        ? []
        : values.map((strings): Fold => ({ foreign, sources: each, values: isStrong ? strings : [] })),
    ),
  )
  const absent: Change = (request) => {
    const { [role]: _, ...rest } = request.folds
    return { ...request, folds: rest }
  }
  return [
    absent,
    ...folds.map(
      (fold): Change =>
        (request) => ({ ...request, folds: { ...request.folds, [role]: fold } }),
    ),
  ]
}

/** Whether the gate could make such a request: what it sums up must fit what it sums up. */
export function isPossible(request: PolicyRequest, given: ReadonlySet<string>): boolean {
  const strong = strongRoles.filter((role) => given.has(role))
  if (
    strong.some((role) => request.folds[role]?.foreign === true) &&
    given.has('strongForeign') &&
    !request.strongForeign
  )
    return false
  return !(
    request.strongForeign &&
    strong.length === strongRoles.length &&
    strong.every((role) => request.folds[role]?.foreign !== true)
  )
}

/** The requests of a space: all of them when they are few enough, else `most` of them, always the same ones. */
export function* requestsOf(
  dimensions: readonly Dimension[],
  most: number,
  from: PolicyRequest = plainRequest,
): Generator<PolicyRequest> {
  const total = sizeOf(dimensions)
  const random = randomOf(7)
  for (let n = 0; n < Math.min(total, most); n += 1) {
    let rest = total <= most ? n : -1
    yield dimensions.reduce((request, each) => {
      const at = rest < 0 ? Math.floor(random() * each.length) : rest % each.length
      if (rest >= 0) rest = Math.floor(rest / each.length)
      return each[at]?.(request) ?? request
    }, from)
  }
}

/** How many requests a space has. */
export function sizeOf(dimensions: readonly Dimension[]): number {
  return dimensions.reduce((product, each) => product * each.length, 1)
}

/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The members that a rule reads, e.g. `run.sources`; a role alone where only its presence is asked for. */
function readsOf(policy: PolicyJson): string[] {
  return policy.conditions.flatMap(({ body }) => pathsIn(body))
}

function pathsIn(node: unknown): string[] {
  const path = contextPath(node)
  if (path !== undefined) return [path.join('.')]
  if (!isExpression(node)) return partsOf(node).flatMap(pathsIn)
  const presence = node['has'] as { left?: unknown; attr?: unknown } | undefined
  const base = presence === undefined ? undefined : contextPath(presence.left)
  if (base !== undefined) return [[...base, ...[presence?.attr].flat()].join('.').split('.')[0] ?? '']
  return partsOf(node).flatMap(pathsIn)
}

/** The strings that rules name, by what they are compared with. */
class Words {
  /** Some sets of strings were left out. */
  partly = false
  private readonly named = new Map<string, Set<string>>()
  private readonly policies: readonly PolicyJson[]

  constructor(policies: readonly PolicyJson[]) {
    this.policies = policies
    for (const policy of policies) for (const { body } of policy.conditions) this.collect(body)
  }

  /** The entities of a type that are named, and one that is not. */
  entities(type: string, fresh: string): string[] {
    const found = new Set<string>([fresh])
    const visit = (node: unknown): void => {
      if (isExpression(node) && node['type'] === type && typeof node['id'] === 'string') found.add(node['id'])
      for (const part of partsOf(node)) visit(part)
    }
    visit(this.policies)
    return [...found]
  }

  /** Sets of strings for a member: all that can be told apart where few are named. */
  sets(path: string, fresh: string): string[][] {
    const named = [...(this.named.get(path) ?? [])]
    if (named.length <= 3) {
      const all = [...named, fresh]
      return Array.from({ length: 2 ** all.length }, (_, bits) =>
        all.filter((_, n) => (bits & (1 << n)) !== 0),
      )
    }
    this.partly = true
    const single = named.slice(0, 40).map((each) => [each])
    return [
      [],
      [fresh],
      ...single,
      ...single.slice(0, 10).map((each) => [...each, fresh]),
      named.slice(0, 2),
      named,
      [...named, fresh],
    ]
  }

  /** A string belongs to the members that stand in the same smallest comparison. */
  private collect(node: unknown): void {
    if (isExpression(node)) {
      for (const [operator, operand] of Object.entries(node)) {
        if (!comparing.has(operator)) continue
        for (const path of pathsIn(operand)) {
          const known = this.named.get(path) ?? new Set()
          for (const each of stringsIn(operand)) known.add(each)
          this.named.set(path, known)
        }
      }
    }
    for (const part of partsOf(node)) this.collect(part)
  }
}

const comparing = new Set(['contains', 'containsAll', 'containsAny', '==', '!='])

function stringsIn(node: unknown): string[] {
  if (isExpression(node) && typeof node['Value'] === 'string') return [node['Value']]
  return partsOf(node).flatMap(stringsIn)
}
