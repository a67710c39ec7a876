/** A policy file taken apart: each rule with its id, its sentence and its place, or what is wrong, line by line. */
import { readFileSync } from 'node:fs'
import type { PolicyRule } from '@castellan/contracts'
import {
  type DetailedError,
  type PolicyJson,
  policySetTextToParts,
  policyToJson,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs'
import { tooMuchIn } from './limits.ts'
import { notMonotone } from './monotone.ts'

/** One policy as text, with the id and the sentence it carries as annotations. */
export type PolicyText = PolicyRule

/** A rule together with its text as data. */
export interface ParsedPolicy {
  readonly rule: PolicyText
  readonly json: PolicyJson
}

/** A policy file that cannot be used: what is wrong with it, mostly in Cedar's words. */
export interface PolicyProblem {
  readonly origin: PolicyText['origin']
  readonly policy: string | null
  /** Counted from 1; null where no place can be named. */
  readonly line: number | null
  readonly message: string
}

/** The schema that policies and requests are validated against. */
export const schema = readFileSync(new URL('./schema.cedarschema', import.meta.url), 'utf8')

/** Takes a file apart. What cannot be parsed, or is too much, is a problem of its own. */
export function parsePolicies(
  origin: PolicyText['origin'],
  text: string,
): { policies: ParsedPolicy[]; problems: PolicyProblem[] } {
  const whole = (message: string, line: number | null = null) => ({
    policies: [],
    problems: [{ origin, policy: null, line, message }],
  })
  const tooMuch = tooMuchIn(text)
  if (tooMuch !== null) return whole(tooMuch.message, lineAt(text, tooMuch.at))
  const parts = policySetTextToParts(text)
  if (parts.type === 'failure') {
    return { policies: [], problems: parts.errors.map((error) => syntaxProblem(origin, text, error)) }
  }
  if (parts.policy_templates.length > 0) return whole('templates are not supported; write the policy out')
  let from = 0
  const policies = parts.policies.map((part, index) => {
    const at = Math.max(text.indexOf(part, from), from)
    from = at + part.length
    return describePolicy(origin, part, index, lineAt(text, at))
  })
  return { policies, problems: policies.flatMap(namingProblems) }
}

function describePolicy(
  origin: PolicyText['origin'],
  text: string,
  index: number,
  line: number,
): ParsedPolicy {
  const parsed = policyToJson(text)
  if (parsed.type === 'failure') throw new TypeError(parsed.errors.map((error) => error.message).join('; '))
  const { json } = parsed
  const id = json.annotations?.['id'] ?? `policy-${index + 1}`
  const says = json.annotations?.['says'] ?? ''
  const rule = { origin, text, line, says, id: origin === 'owner' ? `owner:${id}` : id, effect: json.effect }
  return { rule, json }
}

/** An id and a sentence stand beside decisions, where they must be what they seem to be. */
function namingProblems({ rule }: ParsedPolicy): PolicyProblem[] {
  const { id, says } = rule
  if (!/^(owner:)?[a-z0-9][a-z0-9-]{0,63}$/.test(id)) {
    const message = 'an @id is 1 to 64 of a–z, 0–9 and -'
    return [{ origin: rule.origin, policy: `on line ${rule.line}`, line: rule.line, message }]
  }
  if (says.length <= 300 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(says)) return []
  return [problemOf(rule, '@says is one line of at most 300 characters that can be seen')]
}

/** What is wrong with rules that parse: repeated ids, then what the schema does not allow, then what is not monotone. */
export function ruleProblems(policies: readonly ParsedPolicy[]): PolicyProblem[] {
  const ids = policies.map(({ rule }) => rule.id)
  const repeated = policies.filter(({ rule }, index) => ids.indexOf(rule.id) < index)
  if (repeated.length > 0) {
    return repeated.map(({ rule }) => problemOf(rule, `two policies have the id ${rule.id}`))
  }
  const invalid = validationProblems(policies)
  if (invalid.length > 0) return invalid
  return policies.flatMap(({ rule, json }) => notMonotone(json).map((reason) => problemOf(rule, reason)))
}

function validationProblems(policies: readonly ParsedPolicy[]): PolicyProblem[] {
  const answer = validate({ schema, policies: setOf(policies), validationSettings: { mode: 'strict' } })
  if (answer.type === 'failure') {
    return answer.errors.map((error) => ({
      origin: 'owner',
      policy: null,
      line: null,
      message: wordsOf(error),
    }))
  }
  const problems = answer.validationErrors.flatMap(({ policyId, error }) => {
    const found = policies.find(({ rule }) => rule.id === policyId)
    if (found === undefined) return []
    const at = error.sourceLocations?.[0]?.start
    const line = found.rule.line + (at === undefined ? 0 : lineAtByte(found.rule.text, at) - 1)
    return [{ ...problemOf(found.rule, wordsOf(error)), line }]
  })
  // Cedar says the same of every action that the policy speaks of.
  const distinct = new Map(problems.map((each) => [`${each.policy} ${each.message}`, each]))
  return [...distinct.values()]
}

/** Rules as Cedar takes them, by id. */
export function setOf(policies: readonly ParsedPolicy[]): { staticPolicies: Record<string, string> } {
  return { staticPolicies: Object.fromEntries(policies.map(({ rule }) => [rule.id, rule.text])) }
}

/** A problem of one rule. */
export function problemOf({ origin, id, line }: PolicyText, message: string): PolicyProblem {
  return { origin, policy: id, line, message }
}

function syntaxProblem(origin: PolicyText['origin'], text: string, error: DetailedError): PolicyProblem {
  const at = error.sourceLocations?.[0]?.start
  return {
    origin,
    policy: null,
    line: at === undefined ? null : lineAtByte(text, at),
    message: wordsOf(error),
  }
}

function wordsOf(error: DetailedError): string {
  const message = error.message
    .replace(/^for policy `[^`]*`, /, '')
    .replace(/ for Castellan::Action::"[a-z]+"/, '')
  const words = error.help === null ? message : `${message} (${error.help})`
  // Cedar spells a type out in full, however long it is.
  return words.length > 400 ? `${words.slice(0, 400)}…` : words
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length
}

/** Cedar counts in bytes of UTF-8. */
function lineAtByte(text: string, at: number): number {
  return Buffer.from(text).subarray(0, at).toString('utf8').split('\n').length
}
