/**
 * The policy engine: Cedar (https://docs.cedarpolicy.com), parsed once, with policies and requests validated against
 * the schema. Loading answers with problems as values; deciding is synchronous and touches nothing outside.
 */
import { readFileSync } from 'node:fs'
import type { Authorize, PolicyRequest, Verdict } from '@castellan/kernel'
import {
  type AuthorizationAnswer,
  type DetailedError,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs'
import { contextOf, type Member, membersRead, union } from './context.ts'
import { findLoosening } from './loosening.ts'
import { remembering } from './memo.ts'
import {
  type ParsedPolicy,
  type PolicyProblem,
  type PolicyText,
  parsePolicies,
  problemOf,
  ruleProblems,
  schema,
  setOf,
} from './parse.ts'

export type { PolicyProblem, PolicyText } from './parse.ts'

export interface PolicyEngine {
  readonly authorize: Authorize
  readonly policies: readonly PolicyText[]
}

/** The shipped policies, as they are in the package. */
export const shipped: readonly ParsedPolicy[] = (['invariant', 'default'] as const).flatMap((origin) => {
  const text = readFileSync(new URL(`./${origin}s.cedar`, import.meta.url), 'utf8')
  const { policies, problems } = parsePolicies(origin, text)
  if (problems.length > 0) throw new TypeError(JSON.stringify(problems))
  return policies
})

let loaded = 0

/**
 * Loads the shipped policies and the owner's file (Cedar text, `''` for none). Either everything is parsed, valid
 * against the schema, unable to let more through for having read more, and in force; or nothing is and the problems say
 * why. A text that breaks the engine breaks it for the whole thread: text of others is read apart first (apart.ts).
 */
export function loadPolicies(
  ownerText: string,
  name = `castellan-${++loaded}`,
): { engine: PolicyEngine } | { problems: PolicyProblem[] } {
  const own = readOwn(ownerText)
  if (own.problems.length > 0) return { problems: own.problems }
  const policies = [...shipped, ...own.policies]
  mustParse(preparseSchema(name, schema))
  mustParse(preparsePolicySet(name, setOf(policies)))
  const rules = policies.map(({ rule }) => rule)
  const engine = { policies: rules, authorize: engineOver(name, rules) }
  // The analysis has proved it; this looks whether the proof holds.
  const loosened = own.policies.length === 0 ? null : findLoosening(engine.authorize, policies)
  if (loosened === null) return { engine }
  const { rule } = own.policies.find((each) => loosened.rules.includes(each.rule.id)) ?? own.policies[0] ?? {}
  return rule === undefined ? { engine } : { problems: [problemOf(rule, loosened.message)] }
}

/** The owner's rules, as far as they can be read, and everything that keeps them from being in force. */
export function readOwn(text: string): { policies: ParsedPolicy[]; problems: PolicyProblem[] } {
  try {
    const { policies, problems } = parsePolicies('owner', text)
    return { policies, problems: problems.length > 0 ? problems : ruleProblems(policies) }
  } catch (error) {
    // A panic of the engine, or a text deeper than any stack.
    const message = `the file cannot be taken apart (${error instanceof Error ? error.message : 'unknown'})`
    return { policies: [], problems: [{ origin: 'owner', policy: null, line: null, message }] }
  }
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

function mustParse(answer: { type: 'success' } | { type: 'failure'; errors: DetailedError[] }): void {
  if (answer.type === 'failure') throw new TypeError(answer.errors.map((error) => error.message).join('; '))
}
