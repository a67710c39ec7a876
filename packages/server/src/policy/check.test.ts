import type { PolicyRequest } from '@castellan/kernel'
import { type Context, isAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lookApart } from './apart.ts'
import { checkPolicies } from './check.ts'
import { parsePolicies } from './parse.ts'
import { plainRequest, randomOf } from './space.ts'
import { applies, environmentOf } from './truth.ts'

const permit = '@id("a") @says("A.") permit'
const forbid = '@id("f") @says("F.") forbid'
const all = '(principal, action, resource)'

function warningsOf(text: string): string[] {
  const { ok, findings } = checkPolicies(text)
  expect(ok).toBe(true)
  return findings.map(({ rule, message }) => `${rule}: ${message}`)
}

describe('a check', () => {
  it('has nothing to say against a rule that does something', () => {
    expect(warningsOf(`${permit} (principal, action, resource == Castellan::Skill::"memory.save");`)).toEqual(
      [],
    )
    expect(warningsOf(`${forbid} ${all} unless { ["hooks.example.net"].containsAll(context.to) };`)).toEqual(
      [],
    )
  })

  it.each([
    `${permit} ${all} when { false };`,
    `${permit} ${all} when { context.leaves && context.to.isEmpty() };`,
    `${permit} ${all} when { context.approval > 4 };`,
    `${forbid} ${all} when { context has time && context.time.values.contains("x") };`,
    `${forbid} (principal, action == Castellan::Action::"read", resource) when { action == Castellan::Action::"send" };`,
  ])('names a rule that can never apply: %s', (text) => {
    expect(warningsOf(text)).toEqual([expect.stringContaining('it can never apply')])
    expect(checkPolicies(text).findings[0]?.how).toMatch(/^all \d+ cases/)
  })

  it('does not say never where it tried only some of the cases', () => {
    const hosts = Array.from({ length: 6 }, (_, n) => `"h${n}.example"`).join(', ')
    const text = `${forbid} ${all} when { context.to.containsAll([${hosts}]) && context.to.contains("z.example") && context.to.isEmpty() };`
    expect(warningsOf(text)).toEqual([expect.stringContaining('no call was found that it applies to')])
  })

  it.each([
    [`${permit} (principal, action == Castellan::Action::"execute", resource);`, 'proof-for-power (shipped)'],
    [
      `${permit} (principal, action == Castellan::Action::"send", resource == Castellan::Skill::"model.generate") unless { context.unread };`,
      'ask-a-model (shipped)',
    ],
    [
      `${forbid} (principal, action, resource == Castellan::Skill::"model.generate") when { context.unread };`,
      'private-stays-from-models (shipped)',
    ],
    [`${permit} ${all}; ${forbid} ${all};`, 'owner:f'],
    [
      `${permit} ${all} unless { context.unread }; @id("b") @says("B.") permit ${all} unless { context.unread };`,
      'owner:a',
    ],
  ])('names a rule that changes nothing, and those that stand before it: %s', (text, by) => {
    expect(warningsOf(text)).toEqual([expect.stringMatching(/it changes nothing: /)])
    expect(warningsOf(text)[0]).toContain(by)
  })

  it('asks for an id and a sentence, and says when an id is taken for a shipped one', () => {
    expect(warningsOf(`forbid ${all} when { context.unread };`)).toEqual([
      'owner:policy-1: it has no @id; decisions will name it by its place',
      'owner:policy-1: it has no @says; you will meet it without a sentence of yours',
    ])
    const namesake = `@id("reads") @says("R.") forbid ${all} when { context.unread };`
    expect(warningsOf(namesake)).toEqual([expect.stringContaining('stays in force')])
  })

  it('names the line of what is wrong', () => {
    const lineOf = (text: string) => checkPolicies(text).findings.map((each) => [each.severity, each.line])
    expect(lineOf(`// é\n${forbid} ${all}\nwhen { context. };`)).toEqual([['problem', 3]])
    expect(lineOf(`// é\n\n${forbid} ${all}\nwhen { context.tainted };`)).toEqual([['problem', 4]])
    expect(lineOf(`\n${permit} ${all}\nwhen { context.unread };`)).toEqual([['problem', 2]])
  })

  it('leaves alone what it cannot work out, and says so', () => {
    const text = `${permit} ${all} when { ip("10.0.0.1").isLoopback() };`
    expect(checkPolicies(text).findings).toMatchObject([{ message: 'whether it ever applies was not tried' }])
  })
})

describe('working out whether a rule applies', () => {
  const atoms = [
    'context.unread',
    'context.anchored == true',
    'context.leaves',
    'context.approval >= 2',
    'context.run.sources.containsAny(["web:a.example", "x"])',
    '["web:a.example"].containsAll(context.run.sources)',
    'context.to.contains("peer.example")',
    '!context.to.isEmpty()',
    'context has target.foreign',
    'context has target && context.target.values == ["x"]',
    '{"a": [context.unread, true]}.a.contains(false)',
    '"abcd" like "a*c*" && !("abcd" like "*e*")',
    'principal == Castellan::Principal::"agent:fresh"',
    'resource in [Castellan::Skill::"fresh.skill"]',
    'action in [Castellan::Action::"read", Castellan::Action::"send"]',
    'principal is Castellan::Principal',
    'if context.unsaid then context.run.sensitive else context.run.influence != 2',
  ]
  const scopes = [
    '(principal, action, resource)',
    '(principal == Castellan::Principal::"agent:fresh", action in [Castellan::Action::"read"], resource)',
    '(principal is Castellan::Principal, action, resource in Castellan::Skill::"fresh.skill")',
  ]

  it('agrees with Cedar', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...scopes),
        fc.constantFrom('when', 'unless'),
        fc.array(fc.constantFrom(...atoms), { minLength: 1, maxLength: 3 }),
        fc.constantFrom('&&', '||'),
        fc.nat(),
        (scope, kind, parts, operator, seed) => {
          const text = `forbid ${scope} ${kind} { ${parts.map((each) => `(${each})`).join(operator)} };`
          const parsed = parsePolicies('owner', text).policies[0]
          if (parsed === undefined) throw new Error(text)
          const environment = environmentOf(anyRequest(randomOf(seed)))
          const answer = isAuthorized({
            ...environment,
            context: environment.context as Context,
            policies: { staticPolicies: { p: text } },
            entities: [],
          })
          if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors))
          expect(applies(parsed.json, environment)).toBe(answer.response.diagnostics.reason.length > 0)
        },
      ),
      { numRuns: 400 },
    )
  })
})

function anyRequest(random: () => number): PolicyRequest {
  const is = () => random() < 0.5
  const fold = { foreign: is(), sources: ['owner'], values: is() ? ['x'] : ['x', 'y'] }
  return {
    ...plainRequest,
    principal: is() ? 'agent:fresh' : 'agent:other',
    skill: is() ? 'fresh.skill' : 'other.skill',
    effect: is() ? 'read' : 'send',
    folds: is() ? { target: fold } : {},
    strongForeign: is(),
    anchored: is(),
    unsaid: is(),
    unread: is(),
    to: is() ? ['peer.example'] : [],
    run: { foreign: is(), sources: is() ? ['web:a.example'] : [], sensitive: is(), influence: is() ? 2 : 0 },
    approval: is() ? 'none' : 'password',
  }
}

describe('a look in a thread of its own', () => {
  it('finds what the check finds', async () => {
    const apart = lookApart()
    const text = `${permit} ${all} when { false };`
    expect(await apart.check(text)).toEqual(checkPolicies(text))
    expect(await apart.judge('', [plainRequest])).toMatchObject([{ decision: 'allow', rules: ['reads'] }])
    await expect(apart.judge('permit (', [plainRequest])).rejects.toMatchObject({ code: 'bad_request' })
    await apart.close()
  })

  it('is given up after a while, and the next is looked at', async () => {
    const apart = lookApart({ timeoutMs: 1 })
    expect(await apart.check('')).toMatchObject({ ok: false, findings: [{ severity: 'problem' }] })
    expect(await apart.check('')).toMatchObject({ ok: false })
    await apart.close()
  })
})
