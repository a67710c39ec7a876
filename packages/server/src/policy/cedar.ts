/**
 * The policy engine: Cedar (https://docs.cedarpolicy.com), parsed once, with policies and requests validated against
 * the schema. Loading answers with problems as values; deciding is synchronous and touches nothing outside.
 */
import { readFileSync } from 'node:fs'
import type { Authorize, PolicyRequest, Verdict } from '@castellan/kernel'
import {
  type AuthorizationAnswer,
  type DetailedError,
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs'
import { contextOf, type Member, membersRead, union } from './context.ts'
import { remembering } from './memo.ts'

/** One policy as text, with the id and the sentence it carries as annotations. */
export interface PolicyText {
  readonly id: string
  readonly says: string
  readonly text: string
  /** Which file it stands in: shipped invariants, shipped defaults, or the owner's own. */
  readonly origin: 'invariant' | 'default' | 'owner'
}

export interface PolicyEngine {
  readonly authorize: Authorize
  readonly policies: readonly PolicyText[]
}

/** A policy file that cannot be used: what is wrong with it, in Cedar's words. */
export interface PolicyProblem {
  readonly origin: PolicyText['origin']
  readonly policy: string | null
  readonly message: string
}

const schema = readFileSync(new URL('./schema.cedarschema', import.meta.url), 'utf8')
const shipped = {
  invariant: readFileSync(new URL('./invariants.cedar', import.meta.url), 'utf8'),
  default: readFileSync(new URL('./defaults.cedar', import.meta.url), 'utf8'),
}

let loaded = 0

/**
 * Loads the shipped policies and the owner's file (Cedar text, `''` for none). Either everything is parsed, valid
 * against the schema and in force, or nothing is and the problems say why.
 */
export function loadPolicies(ownerText: string): { engine: PolicyEngine } | { problems: PolicyProblem[] } {
  const policies: PolicyText[] = []
  const problems: PolicyProblem[] = []
  for (const [origin, text] of Object.entries({ ...shipped, owner: ownerText }) as [
    PolicyText['origin'],
    string,
  ][]) {
    const parts = splitPolicies(origin, text)
    if ('problems' in parts) problems.push(...parts.problems)
    else policies.push(...parts.policies)
  }
  problems.push(...repeatedIds(policies))
  if (problems.length > 0) return { problems }
  const set = { staticPolicies: Object.fromEntries(policies.map((policy) => [policy.id, policy.text])) }
  const invalid = validationProblems(policies, set)
  if (invalid.length > 0) return { problems: invalid }

  const name = `castellan-${++loaded}`
  mustParse(preparseSchema(name, schema))
  mustParse(preparsePolicySet(name, set))
  return { engine: { policies, authorize: engineOver(name, policies) } }
}

/** Asks Cedar what the parsed policies say, no more often and with no longer a question than the answer needs. */
function engineOver(name: string, policies: readonly PolicyText[]): Authorize {
  const readers = policies.map(({ id, text }) => ({ id, reads: membersRead(text) }))
  const reads = union(readers.map((each) => each.reads))
  const unmoved = new Set(readers.filter((each) => !each.reads.has('approval')).map((each) => each.id))
  const answer = remembering((question: Question) => ask(name, unmoved, question))
  return (request) => answer(questionOf(request, reads))
}

/** A request in Cedar's words. All that an answer depends on is in it, besides the policies. */
type Question = ReturnType<typeof questionOf>

function questionOf(request: PolicyRequest, reads: ReadonlySet<Member>) {
  return {
    principal: { type: 'Castellan::Principal', id: request.principal },
    action: { type: 'Castellan::Action', id: request.effect },
    resource: { type: 'Castellan::Skill', id: request.skill },
    context: contextOf(request, reads),
  }
}

/** `unmoved` are the policies whose answer no approval changes. */
function ask(name: string, unmoved: ReadonlySet<string>, question: Question): Verdict {
  let answer: AuthorizationAnswer
  try {
    answer = statefulIsAuthorized({
      ...question,
      preparsedSchemaName: name,
      validateRequest: true,
      preparsedPolicySetId: name,
      entities: [],
    })
  } catch (error) {
    // Cedar throws at half a surrogate pair, which JSON lets a model send.
    return { allowed: false, rules: [], errors: [error instanceof Error ? error.message : 'unknown'] }
  }
  if (answer.type === 'failure')
    return { allowed: false, rules: [], errors: answer.errors.map((each) => each.message) }
  const { decision, diagnostics } = answer.response
  const allowed = decision === 'allow'
  const rules = [...diagnostics.reason].sort()
  return {
    allowed,
    rules,
    errors: diagnostics.errors.map((each) => `${each.policyId}: ${each.error.message}`),
    // Cedar names the reasons of a refusal, which are forbids: one that stays true decides for every proof.
    final: !allowed && rules.some((rule) => unmoved.has(rule)),
  }
}

function splitPolicies(
  origin: PolicyText['origin'],
  text: string,
): { policies: PolicyText[] } | { problems: PolicyProblem[] } {
  const parts = policySetTextToParts(text)
  if (parts.type === 'failure') return { problems: parts.errors.map((error) => problem(origin, null, error)) }
  if (parts.policy_templates.length > 0) {
    return {
      problems: [{ origin, policy: null, message: 'templates are not supported; write the policy out' }],
    }
  }
  return { policies: parts.policies.map((policy, index) => describePolicy(origin, policy, index)) }
}

function describePolicy(origin: PolicyText['origin'], text: string, index: number): PolicyText {
  const json = policyToJson(text)
  const annotations = json.type === 'success' ? (json.json.annotations ?? {}) : {}
  const id = annotations['id'] ?? `policy-${index + 1}`
  return { origin, text, id: origin === 'owner' ? `owner:${id}` : id, says: annotations['says'] ?? '' }
}

function repeatedIds(policies: readonly PolicyText[]): PolicyProblem[] {
  const seen = new Set<string>()
  return policies.flatMap((policy) => {
    if (!seen.has(policy.id)) {
      seen.add(policy.id)
      return []
    }
    return [{ origin: policy.origin, policy: policy.id, message: `two policies have the id ${policy.id}` }]
  })
}

function validationProblems(
  policies: readonly PolicyText[],
  set: { staticPolicies: Record<string, string> },
) {
  const answer = validate({ schema, policies: set, validationSettings: { mode: 'strict' } })
  const originOf = (id: string) => policies.find((policy) => policy.id === id)?.origin ?? 'owner'
  if (answer.type === 'failure') return answer.errors.map((error) => problem('owner', null, error))
  const problems = answer.validationErrors.map(({ policyId, error }) =>
    problem(originOf(policyId), policyId, error),
  )
  // Cedar says the same of every action that the policy speaks of.
  const distinct = new Map(problems.map((each) => [`${each.policy} ${each.message}`, each]))
  return [...distinct.values()]
}

function problem(origin: PolicyText['origin'], policy: string | null, error: DetailedError): PolicyProblem {
  const message = error.message
    .replace(/^for policy `[^`]*`, /, '')
    .replace(/ for Castellan::Action::"[a-z]+"/, '')
  return { origin, policy, message: error.help === null ? message : `${message} (${error.help})` }
}

function mustParse(answer: { type: 'success' } | { type: 'failure'; errors: DetailedError[] }): void {
  if (answer.type === 'failure') throw new TypeError(answer.errors.map((error) => error.message).join('; '))
}
