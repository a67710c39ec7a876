/**
 * The policy engine: Cedar (https://docs.cedarpolicy.com), parsed once, with policies and requests validated against
 * the schema. Loading answers with problems as values; deciding is synchronous and touches nothing outside.
 */
import { readFileSync } from 'node:fs'
import { factors, roles } from '@castellan/contracts'
import type { Authorize, PolicyRequest } from '@castellan/kernel'
import {
  checkParsePolicySet,
  type DetailedError,
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs'

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
  return { engine: { policies, authorize: (request) => authorize(name, request) } }
}

function authorize(name: string, request: PolicyRequest): ReturnType<Authorize> {
  const answer = statefulIsAuthorized({
    principal: { type: 'Castellan::Principal', id: request.principal },
    action: { type: 'Castellan::Action', id: request.effect },
    resource: { type: 'Castellan::Skill', id: request.skill },
    context: contextOf(request),
    preparsedSchemaName: name,
    validateRequest: true,
    preparsedPolicySetId: name,
    entities: [],
  })
  if (answer.type === 'failure')
    return { allowed: false, rules: [], errors: answer.errors.map((each) => each.message) }
  const { decision, diagnostics } = answer.response
  return {
    allowed: decision === 'allow',
    rules: [...diagnostics.reason].sort(),
    errors: diagnostics.errors.map((each) => `${each.policyId}: ${each.error.message}`),
  }
}

function contextOf(request: PolicyRequest) {
  const folds = roles.flatMap((role) => {
    const fold = request.folds[role]
    if (fold === undefined) return []
    return [[role, { foreign: fold.foreign, sources: [...fold.sources], values: [...fold.values] }] as const]
  })
  return {
    chain: [...request.chain],
    ...Object.fromEntries(folds),
    strongForeign: request.strongForeign,
    leaves: request.to.length > 0,
    to: [...request.to],
    unread: request.unread,
    run: { foreign: request.run.foreign, sources: [...request.run.sources] },
    approval: factors.indexOf(request.approval),
  }
}

function splitPolicies(
  origin: PolicyText['origin'],
  text: string,
): { policies: PolicyText[] } | { problems: PolicyProblem[] } {
  const parsed = checkParsePolicySet({ staticPolicies: text })
  if (parsed.type === 'failure')
    return { problems: parsed.errors.map((error) => problem(origin, null, error)) }
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
  return answer.validationErrors.map(({ policyId, error }) => problem(originOf(policyId), policyId, error))
}

function problem(origin: PolicyText['origin'], policy: string | null, error: DetailedError): PolicyProblem {
  return { origin, policy, message: error.help === null ? error.message : `${error.message} (${error.help})` }
}

function mustParse(answer: { type: 'success' } | { type: 'failure'; errors: DetailedError[] }): void {
  if (answer.type === 'failure') throw new TypeError(answer.errors.map((error) => error.message).join('; '))
}
