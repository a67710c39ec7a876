import { readFileSync } from 'node:fs'
import { effects, factors, roles } from '@castellan/contracts'
import type { PolicyRequest } from '@castellan/kernel'
import { preparsePolicySet, preparseSchema, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadPolicies } from './cedar.ts'
import { type Member, membersRead } from './context.ts'

const all: readonly Member[] = [
  ...roles,
  'chain',
  'strongForeign',
  'anchored',
  'unsaid',
  'leaves',
  'to',
  'unread',
  'run',
  'approval',
]

describe('membersRead', () => {
  it.each<[string, readonly Member[]]>([
    ['', []],
    ['when { true }', []],
    ['when { context.unread }', ['unread']],
    ['unless { context.unread } when { context.approval < 2 }', ['unread', 'approval']],
    ['when { context["appro\\u{76}al"] < 2 }', ['approval']],
    ['when { context has target && context.target.foreign }', ['target']],
    ['when { context has target.values }', ['target']],
    ['when { context.run.sources.contains("approval") }', ['run']],
    ['when { {"Var": context.approval}.Var == 1 }', ['approval']],
    ['when { {".": context.approval, "left": context.unread} has left }', ['approval', 'unread']],
    ['when { {"attr": "context", "Var": "context"}.Var == "x" }', []],
    ['when { if context.leaves then context.to.contains("x") else principal == resource }', ['leaves', 'to']],
    ['when { [context.approval].contains(1) || context.to.containsAny(["a"]) }', ['approval', 'to']],
    ['when { principal == Castellan::Principal::"context" }', []],
  ])('finds what is read in: %s', (conditions, members) => {
    expect(membersRead(`forbid (principal, action, resource) ${conditions};`)).toEqual(new Set(members))
  })

  it.each([
    'when { context == context }',
    'when { [context].contains(context) }',
    'when { {"a": context}.a.unread }',
    'when { (if true then context else context).unread }',
    'when { context.unheardOf }',
    'when { no cedar at all }',
  ])('supposes that everything is read in: %s', (conditions) => {
    expect(membersRead(`forbid (principal, action, resource) ${conditions};`)).toEqual(new Set(all))
  })
})

const word = fc.constantFrom('owner', 'web:x.example', 'peer.example', 'https://peer.example/', 'approval')
const words = fc.uniqueArray(word, { maxLength: 3 })
const fold = fc.record({ foreign: fc.boolean(), sources: words, values: words })
const requests: fc.Arbitrary<PolicyRequest> = fc.record({
  principal: fc.constantFrom('agent:default', 'owner'),
  chain: words,
  effect: fc.constantFrom(...effects),
  skill: fc.constantFrom('http.post', 'model.generate', 'owner.notify'),
  folds: fc.record(Object.fromEntries(roles.map((role) => [role, fold])), { requiredKeys: [] }),
  strongForeign: fc.boolean(),
  to: words,
  anchored: fc.boolean(),
  unsaid: fc.boolean(),
  unread: fc.boolean(),
  run: fc.record({ foreign: fc.boolean(), sources: words, sensitive: fc.boolean(), influence: fc.nat(64) }),
  approval: fc.constantFrom(...factors),
})

/** The whole context, as schema.cedarschema declares it. */
function everythingOf({
  folds,
  chain,
  strongForeign,
  anchored,
  unsaid,
  to,
  unread,
  run,
  approval,
}: PolicyRequest) {
  const whole = {
    chain,
    strongForeign,
    anchored,
    unsaid,
    leaves: to.length > 0,
    to,
    unread,
    run,
    approval: factors.indexOf(approval),
  }
  return JSON.parse(JSON.stringify({ ...folds, ...whole })) as Record<string, never>
}

describe('what is left out of a question', () => {
  it.each([
    '',
    'permit (principal, action, resource) when { context has target && !context.target.foreign };',
    'forbid (principal, action, resource) when { context has content && context.content.sources.contains("web:x.example") };',
    'forbid (principal, action, resource) unless { context.chain.contains("owner") && context.approval > 0 };',
    'permit (principal == Castellan::Principal::"owner", action, resource) unless { context.to.contains("peer.example") };',
    'forbid (principal, action, resource) when { context.run.sources.contains("web:x.example") && context.approval != 3 };',
    'permit (principal, action, resource) when { {"a": context.to}.a.contains("peer.example") };',
    'forbid (principal, action, resource) when { context has time || context has option.values };',
  ])('changes no answer, beside the shipped policies and: %s', (owner) => {
    const loaded = loadPolicies(owner)
    if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
    const { policies, authorize } = loaded.engine
    const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]))
    const schema = readFileSync(new URL('./schema.cedarschema', import.meta.url), 'utf8')
    expect(preparseSchema('whole', schema).type).toBe('success')
    expect(preparsePolicySet('whole', { staticPolicies }).type).toBe('success')
    fc.assert(
      fc.property(requests, (request) => {
        const answer = statefulIsAuthorized({
          principal: { type: 'Castellan::Principal', id: request.principal },
          action: { type: 'Castellan::Action', id: request.effect },
          resource: { type: 'Castellan::Skill', id: request.skill },
          context: everythingOf(request),
          preparsedSchemaName: 'whole',
          validateRequest: true,
          preparsedPolicySetId: 'whole',
          entities: [],
        })
        if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors))
        const { allowed, rules, final } = authorize(request)
        expect(allowed).toBe(answer.response.decision === 'allow')
        expect(rules).toEqual([...answer.response.diagnostics.reason].sort())
        if (final === true) {
          for (const approval of factors) expect(authorize({ ...request, approval }).allowed).toBe(false)
        }
      }),
      { numRuns: 100 },
    )
  })
})
