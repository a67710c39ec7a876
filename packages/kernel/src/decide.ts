/**
 * The decision. Arguments are traced and folded to one record per role, the policy is asked without an approval and
 * then with ever stronger ones, and the weakest that would allow the call is what the owner is asked for.
 * The policy engine comes in as a function, so that serving, `explain` and the red team pass the same one.
 */
import type { Decision, Factor, Label, Role } from '@castellan/contracts'
import { factors, isStrong, roles, strongRoles } from '@castellan/contracts'
import { factorSuffices } from './approval.ts'
import type { Call, Reach } from './call.ts'
import { foreignSources, joinAll, mayRead, unknownLabel } from './label.ts'
import { asMembers, asOwners } from './member.ts'
import { type TracedArgument, traceArguments } from './origin.ts'
import { explainInWords } from './why.ts'

/** All arguments of one role. Policies speak of these, never of one skill's argument names. */
export interface Fold {
  /** At least one of them is neither the owner's own nor located. */
  readonly foreign: boolean
  readonly sources: readonly string[]
  /** The strings among strong arguments, verbatim; content is too long to be matched by a policy. */
  readonly values: readonly string[]
}

/** What a policy decides over. */
export interface PolicyRequest {
  readonly principal: string
  readonly chain: readonly string[]
  readonly effect: string
  readonly skill: string
  /** Only the roles the call has arguments of. */
  readonly folds: Readonly<Partial<Record<Role, Fold>>>
  /** Some strong argument is foreign. */
  readonly strongForeign: boolean
  /** The owner's words say what is made or touched: by a strong argument or, where there is none, by content. */
  readonly anchored: boolean
  /** Foreign content that leaves carries links, addresses, account numbers or the like that the owner's words lack. */
  readonly unsaid: boolean
  /** Names of those outside the house whom the arguments reach. */
  readonly to: readonly string[]
  /** Someone is reached who may not read what reaches them. */
  readonly unread: boolean
  readonly run: {
    readonly foreign: boolean
    readonly sources: readonly string[]
    /** It has read something that not everyone may read. */
    readonly sensitive: boolean
    /** Bits of sealed content that answers about it have told the planner. */
    readonly influence: number
  }
  readonly approval: Factor
}

/** The policy engine's answer. Any entry in `errors` closes the gate. */
export interface Verdict {
  readonly allowed: boolean
  readonly rules: readonly string[]
  readonly errors: readonly string[]
  /** Set on a refusal that no approval can change, so that none need be tried. */
  readonly final?: boolean
}

export type Authorize = (request: PolicyRequest) => Verdict

/** A decision together with what it was made from. */
export interface Decided extends Decision {
  readonly arguments: readonly TracedArgument[]
  readonly request: PolicyRequest
}

/**
 * Decides a call. `given` is the proof of the approval that comes with it, `none` when it comes without.
 * A call that is already approved is never asked about again: it is allowed or denied.
 */
export function decide(call: Call, authorize: Authorize, given: Factor = 'none'): Decided {
  const { endorsed = [] } = call.run
  if (endorsed.length === 0) return judge(call, authorize, given)
  const bare = { ...call, run: { ...call.run, endorsed: [] } }
  const without = judge(bare, authorize, 'none')
  if (without.decision !== 'ask') return given === 'none' ? without : judge(bare, authorize, given)
  // An endorsement is worth the proof it was given with: it never spares the owner a stronger one.
  const worth = endorsed.filter((each) => factorSuffices(each.factor, without.factor ?? 'passkey'))
  return judge({ ...call, run: { ...call.run, endorsed: worth } }, authorize, given)
}

function judge(made: Call, authorize: Authorize, given: Factor): Decided {
  const call = asOwners(made)
  const traced = traceArguments(call)
  const request = policyRequest(call, traced, given)
  const { errors, forbidding, ...outcome } = decideRequest(request, authorize)
  if (errors.length > 0) return closed(request, traced, errors)
  const why = explainInWords(outcome, request, traced, forbidding ?? outcome.rules)
  return { ...outcome, arguments: asMembers(made, traced), request, why }
}

/** What the policy makes of a request. */
export interface Judged extends Pick<Decision, 'decision' | 'factor' | 'rules'> {
  /** Where it asks: the rules that forbid it unasked. */
  readonly forbidding?: readonly string[]
  /** What could not be evaluated; any closes the gate. */
  readonly errors: readonly string[]
}

/** The decision over a request that is known already, as it stands in the ledger: what `decide` does after tracing. */
export function decideRequest(request: PolicyRequest, authorize: Authorize): Judged {
  const unasked = authorize(request)
  if (unasked.errors.length > 0) return failed(unasked.errors)
  if (unasked.allowed) return { decision: 'allow', rules: unasked.rules, errors: [] }
  const mayAsk = request.approval === 'none' && unasked.final !== true
  let verdict = unasked
  for (const factor of mayAsk ? proofs : []) {
    verdict = authorize({ ...request, approval: factor })
    if (verdict.errors.length > 0) return failed(verdict.errors)
    // What forbade the call unasked is part of why it is asked about.
    const rules = [...new Set([...unasked.rules, ...verdict.rules])].sort()
    if (verdict.allowed) return { decision: 'ask', factor, rules, forbidding: unasked.rules, errors: [] }
  }
  // Of the strongest proof that was tried: what a weaker one would have met is not what stands in the way.
  return { decision: 'deny', rules: verdict.rules, errors: [] }
}

function failed(errors: readonly string[]): Judged {
  return { decision: 'deny', rules: ['closed-by-default'], errors }
}

const proofs = factors.slice(1) as Exclude<Factor, 'none'>[]

/** The gate closes when the policy could not be evaluated in full: a `forbid` that fails would otherwise be skipped. */
function closed(
  request: PolicyRequest,
  traced: readonly TracedArgument[],
  errors: readonly string[],
): Decided {
  const why = `The policy could not be evaluated (${errors.join('; ')}), so nothing is let through.`
  return { decision: 'deny', rules: ['closed-by-default'], arguments: traced, request, why }
}

function policyRequest(call: Call, traced: readonly TracedArgument[], approval: Factor): PolicyRequest {
  const folds: Partial<Record<Role, Fold>> = {}
  for (const role of roles) {
    const own = traced.filter((each) => each.role === role)
    if (own.length > 0) folds[role] = fold(own, isStrong(role))
  }
  const sources = foreignSources(call.run.label)
  return {
    principal: call.principal.at(-1) ?? 'unknown',
    chain: call.principal,
    effect: call.skill.effect,
    skill: call.skill.name,
    folds,
    strongForeign: strongRoles.some((role) => folds[role]?.foreign === true),
    anchored: isAnchored(traced),
    unsaid: traced.some((each) => each.unsaid.length > 0),
    to: call.reaches.map((reach) => reach.to.name),
    unread: call.reaches.some((reach) => !mayReachRead(reach, traced)),
    run: {
      foreign: sources.length > 0,
      sources,
      sensitive: call.run.label.readers !== 'everyone',
      influence: call.run.influence ?? 0,
    },
    approval,
  }
}

/** Whoever is reached may read what the label says; whom the owner's words name, also what they write or select. */
function mayReachRead({ to, what }: Reach, traced: readonly TracedArgument[]): boolean {
  if (mayRead(labelOf(traced, what, 'label'), to)) return true
  const targets = traced.filter((each) => each.role === 'target')
  const isNamed = targets.length > 0 && targets.every((each) => each.isNamed)
  return isNamed && mayRead(labelOf(traced, what, 'labelForNamed'), to)
}

function isAnchored(traced: readonly TracedArgument[]): boolean {
  const strong = traced.filter((each) => isStrong(each.role))
  if (strong.length > 0) return strong.every((each) => each.isAnchor)
  return traced.some((each) => each.isAnchor)
}

function fold(traced: readonly TracedArgument[], strong: boolean): Fold {
  return {
    foreign: traced.some((each) => each.origin === 'foreign'),
    // Of the labels, and not where a literal was found: what is read besides must never take a source away.
    sources: [...new Set(traced.flatMap((each) => each.label.sources))].sort(),
    values: strong ? traced.flatMap((each) => (typeof each.value === 'string' ? [each.value] : [])) : [],
  }
}

/** The label of what reaches someone; unknown, and so for nobody, when the pointers lead to no argument at all. */
function labelOf(
  traced: readonly TracedArgument[],
  pointers: readonly string[],
  which: 'label' | 'labelForNamed',
): Label {
  const under = (path: string) =>
    pointers.some((pointer) => path === pointer || path.startsWith(`${pointer}/`))
  const reached = traced.filter((each) => under(each.path))
  return reached.length === 0 ? unknownLabel : joinAll(reached.map((each) => each[which]))
}
