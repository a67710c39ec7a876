/** What rules read and name: members of the context, strings, numbers, entities. */
import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs'
import { contextPath, isExpression, partsOf } from './paths.ts'

/** The members that a rule reads, e.g. `run.sources`; a role alone where only its presence is asked for. */
export function readsOf(policy: PolicyJson): string[] {
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

/** None, one, and the numbers that the rules name with their neighbours. */
export function numbersAround(policies: readonly PolicyJson[]): number[] {
  const numbersIn = (node: unknown): number[] =>
    isExpression(node) && typeof node['Value'] === 'number'
      ? [node['Value']]
      : partsOf(node).flatMap(numbersIn)
  const named = policies.flatMap(({ conditions }) => conditions.flatMap(({ body }) => numbersIn(body)))
  return [...new Set([0, 1, ...named.flatMap((n) => [n - 1, n, n + 1])])].filter((n) => n >= 0)
}

/** The strings that rules name, by what they are compared with. */
export class Words {
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
