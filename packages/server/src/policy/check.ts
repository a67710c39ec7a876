/**
 * What a file of rules would mean: the problems that keep it from being put in force, and warnings about rules that do
 * nothing. A warning is found by trying requests, and says how many of how many.
 */
import type { PolicyCheck, PolicyFinding } from '@castellan/contracts'
import type { PolicyRequest } from '@castellan/kernel'
import { loadPolicies, readOwn, shipped } from './cedar.ts'
import { type Dimensions, dimensionsOf } from './dimensions.ts'
import type { ParsedPolicy, PolicyProblem, PolicyText } from './parse.ts'
import { type Dimension, isPossible, requestsOf, sizeOf } from './space.ts'
import { applies, environmentOf, Untold } from './truth.ts'

/** Requests tried for one rule where there are more. */
const mostCases = 20_000
/** Calls of the rule that are tried with everything else that can differ, and how often each. */
const mostMatches = 40
const mostAround = 250

/** Checks a file of the owner's (Cedar text). A text that breaks the engine breaks it for the whole thread. */
export function checkPolicies(text: string): PolicyCheck {
  const { policies } = readOwn(text)
  const loaded = loadPolicies(text, 'castellan-check')
  const problems = 'problems' in loaded ? loaded.problems.map(findingOf) : []
  const warnings = problems.length > 0 ? [] : warningsOf(policies)
  const findings = [...problems, ...warnings].sort((a, b) => (a.line ?? 0) - (b.line ?? 0))
  return { ok: problems.length === 0, findings, rules: policies.map(({ rule }) => rule) }
}

/** A problem as it is told. */
export function findingOf({ policy, line, message }: PolicyProblem): PolicyFinding {
  return { severity: 'problem', rule: policy, line, message, how: null }
}

/** All rules of a file, and everything by which requests differ for them and for the shipped ones. */
interface File {
  readonly own: readonly ParsedPolicy[]
  readonly joint: Dimensions
}

function warningsOf(own: readonly ParsedPolicy[]): PolicyFinding[] {
  const joint = dimensionsOf([...shipped, ...own].map((each) => each.json))
  return own.flatMap((policy) => warningsAbout(policy, { own, joint }))
}

function warningsAbout(policy: ParsedPolicy, file: File): PolicyFinding[] {
  const { rule, json } = policy
  const warn = (message: string, how: string | null = null): PolicyFinding => ({
    ...{ severity: 'warning', rule: rule.id, line: rule.line, message, how },
  })
  const name = json.annotations?.['id']
  const namesake = shipped.find((each) => each.rule.id === name)
  const findings = [
    ...(name === undefined ? [warn('it has no @id; decisions will name it by its place')] : []),
    ...(rule.says === '' ? [warn('it has no @says; you will meet it without a sentence of yours')] : []),
    ...(namesake === undefined ? [] : [warn(`the shipped rule ${name} has the same id, and stays in force`)]),
  ]
  try {
    return [...findings, ...idle(policy, file).map(({ message, how }) => warn(message, how))]
  } catch (error) {
    if (!(error instanceof Untold)) throw error
    return [...findings, warn('whether it ever applies was not tried', `it uses ${error.message}`)]
  }
}

/** Whether a rule never applies, or applies and never changes what is decided. */
function idle(policy: ParsedPolicy, { own, joint }: File): { message: string; how: string }[] {
  const alone = dimensionsOf([policy.json])
  const names = new Set(alone.dimensions.keys())
  const [jointly, around] = split(joint.dimensions, names)
  // With the strings of all rules where that can be gone through whole, else with its own.
  const isSmall = sizeOf(jointly) <= mostCases && !joint.partly
  const read = isSmall ? jointly : [...alone.dimensions.values()]
  const isWhole = isSmall || (sizeOf(read) <= mostCases && !alone.partly)
  const matching = [...requestsOf(read, mostCases)].filter(
    (request) => isPossible(request, names) && applies(policy.json, environmentOf(request)),
  )
  if (matching.length === 0) {
    const cases = `${Math.min(sizeOf(read), mostCases)} cases of what it reads were tried`
    return isWhole
      ? [{ message: 'it can never apply', how: `all ${cases}` }]
      : [{ message: 'no call was found that it applies to', how: `${cases}, of more that there are` }]
  }
  const others = [
    ...shipped,
    ...own.filter((each, n) => each !== policy && (n < own.indexOf(policy) || isOpposite(each, policy))),
  ]
  const step = Math.ceil(matching.length / mostMatches)
  const some = matching.filter((_, n) => n % step === 0)
  const effect = effectOf(policy, others, around, some)
  if (effect.changes) return []
  return [{ message: idleWords(policy, effect), how: `${effect.tried} calls that it applies to were tried` }]
}

/** Of rules of one effect the earlier covers the later; a rule of the other effect always counts. */
function isOpposite(a: ParsedPolicy, b: ParsedPolicy): boolean {
  return a.rule.effect !== b.rule.effect
}

function split(dimensions: ReadonlyMap<string, Dimension>, names: ReadonlySet<string>) {
  const entries = [...dimensions]
  const some = (is: boolean) => entries.filter(([name]) => names.has(name) === is).map(([, each]) => each)
  return [some(true), some(false)] as const
}

interface Effect {
  readonly changes: boolean
  readonly tried: number
  /** For each call tried, the rules by which it is decided the same without this one. */
  readonly because: readonly (readonly PolicyText[])[]
}

/** What a rule changes in the calls that it applies to, with everything else that could be so. */
function effectOf(
  { rule }: ParsedPolicy,
  others: readonly ParsedPolicy[],
  around: readonly Dimension[],
  matching: readonly PolicyRequest[],
): Effect {
  const because: PolicyText[][] = []
  for (const from of matching) {
    for (const request of requestsOf(around, mostAround, from)) {
      const environment = environmentOf(request)
      const applying = others.filter((each) => applies(each.json, environment)).map((each) => each.rule)
      const forbids = applying.filter((each) => each.effect === 'forbid')
      const allowed = forbids.length === 0 && applying.length > 0
      const allowedWith = rule.effect === 'permit' && forbids.length === 0
      if (allowed !== allowedWith) return { changes: true, tried: because.length, because }
      because.push(forbids.length > 0 ? forbids : applying)
    }
  }
  return { changes: false, tried: because.length, because }
}

function idleWords({ rule }: ParsedPolicy, { because }: Effect): string {
  const few = fewest(because.filter((each) => each.length > 0))
  const named = (effect: PolicyText['effect']) =>
    few
      .filter((each) => each.effect === effect)
      .map((each) => (each.origin === 'owner' ? each.id : `${each.id} (shipped)`))
      .join(', ')
  const [forbidding, permitting] = [named('forbid'), named('permit')]
  if (rule.effect === 'forbid') {
    const already = forbidding === '' ? '' : `, or ${forbidding} forbids it already`
    return `it changes nothing: no rule allows what it forbids${already}`
  }
  const reasons = [
    ...(forbidding === '' ? [] : [`is forbidden by ${forbidding}`]),
    ...(permitting === '' ? [] : [`is allowed already by ${permitting}`]),
  ]
  return `it changes nothing: what it allows ${reasons.join(', or ')}`
}

/** A few rules that together explain every call, those first that explain most. */
function fewest(because: readonly (readonly PolicyText[])[]): PolicyText[] {
  const chosen: PolicyText[] = []
  for (let left = because; left.length > 0; ) {
    const counts = new Map<PolicyText, number>()
    for (const each of left.flat()) counts.set(each, (counts.get(each) ?? 0) + 1)
    const [best] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? []
    if (best === undefined) return chosen
    chosen.push(best)
    left = left.filter((each) => !each.includes(best))
  }
  return chosen
}
