import { effects, factors, type Json, roles } from '@castellan/contracts'
import {
  type Authorize,
  type Call,
  decide,
  foreignSources,
  join,
  joinAll,
  label,
  labelOfAll,
  type PolicyRequest,
} from '@castellan/kernel'
import { schemaToJson } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadPolicies, readOwn } from './cedar.ts'
import { findLoosening, lessTrusted } from './loosening.ts'
import { courses } from './monotone.ts'
import { parsePolicies, schema } from './parse.ts'
import { plainRequest, randomOf } from './space.ts'

const permit = 'permit (principal, action, resource)'
const forbid = 'forbid (principal, action, resource)'

function problemsOf(text: string): string[] {
  const loaded = loadPolicies(text)
  return 'problems' in loaded ? loaded.problems.map((each) => each.message) : []
}

it('every member of the context has its course', () => {
  const read = schemaToJson(schema)
  if (read.type === 'failure') throw new Error(JSON.stringify(read.errors))
  const types = read.json['Castellan']?.commonTypes as Record<string, { attributes: Record<string, Json> }>
  const call = types['Call']?.attributes ?? {}
  const fold = Object.keys(types['Arguments']?.attributes ?? {})
  const names = Object.entries(call).flatMap(([name, type]) => {
    if ((roles as readonly string[]).includes(name)) return fold.map((each) => `${name}.${each}`)
    const nested = (type as { attributes?: Record<string, Json> }).attributes
    return nested === undefined ? [name] : Object.keys(nested).map((each) => `${name}.${each}`)
  })
  expect(names.sort()).toEqual(Object.keys(courses).sort())
})

describe('a rule is refused that could come to let more through by reading more', () => {
  it.each([
    ['a permit that asks for it', `${permit} when { context.unread };`],
    ['by negation twice', `${permit} unless { !context.unread };`],
    ['by negation thrice', `${forbid} when { !(!(!context.unread)) };`],
    ['by what must not be anchored', `${permit} unless { context.anchored };`],
    ['a forbid that is lifted', `${forbid} when { context.anchored };`],
    ['a forbid with an exception', `${forbid} unless { context.run.foreign };`],
    ['by a set that holds a source', `${permit} when { context.run.sources.contains("web:a.example") };`],
    ['by any of some', `${permit} when { context.run.sources.containsAny(["web:a.example"]) };`],
    ['by all of some', `${permit} when { context.run.sources.containsAll(["web:a.example"]) };`],
    [
      'by what forbids unless all',
      `${forbid} unless { context.run.sources.containsAll(["web:a.example"]) };`,
    ],
    ['by a set that is not empty', `${permit} unless { context.run.sources.isEmpty() };`],
    ['by a set compared as a whole', `${permit} when { context.run.sources == ["web:a.example"] };`],
    ['by a difference', `${permit} when { context.run.sources != ["web:a.example"] };`],
    ['by if, then and else', `${permit} when { if context.unread then true else false };`],
    ['by a branch', `${permit} when { if context.leaves then context.unread else true };`],
    ['by comparing with true', `${permit} when { true == context.unsaid };`],
    ['by not being false', `${permit} when { context.unsaid != false };`],
    ['by comparing two members', `${permit} when { context.unsaid == context.unread };`],
    ['by a set of answers', `${permit} when { [context.unread].contains(true) };`],
    ['by a record of answers', `${permit} when { {"a": context.unread}.a };`],
    ['by the whole of context', `${permit} when { context == context };`],
    ['by a record of context', `${permit} when { context.run == context.run };`],
    ['by a role', `${permit} when { context has target && context.target.foreign };`],
    [
      'by presence and more',
      `${forbid} unless { context has target.sources && context.target.sources.contains("x") };`,
    ],
    ['by influence', `${permit} when { context.run.influence > 3 };`],
    ['by influence the other way', `${forbid} unless { 3 < context.run.influence };`],
    ['by what is sensitive', `${permit} when { context.run.sensitive };`],
    ['by one of two conditions', `${permit} when { context.leaves } when { context.strongForeign };`],
    ['by a set that holds no', `${permit} when { [false].contains(context.anchored) };`],
    ['by what compares to what it does not move', `${permit} when { context.anchored == context.leaves };`],
    ['by what decides between branches', `${permit} when { if context.anchored then false else true };`],
    ['by having members', `${permit} when { {"a": context.unread} has a };`],
    ['by or', `${permit} when { !context.unread || context.unsaid };`],
  ])('%s', (_name, rule) => {
    expect(problemsOf(rule)[0]).toMatch(/lets more through|cannot be told|as a whole|the whole of/)
  })

  it.each([
    `${permit} when { !context.unread && context.approval + 1 > 0 };`,
    `${permit} when { !context.unread && (if context.approval + 1 > 0 then "a" else "b") like "a*" };`,
    `${permit} when { !context.unread && [context.approval + 1].contains(1) };`,
    `${forbid} when { context.run.foreign && ip("10.0.0.1").isLoopback() };`,
    `${permit} when { context.approval * 9223372036854775807 > 0 } unless { context.run.foreign };`,
  ])('by failing once it has read more: %s', (rule) => {
    expect(problemsOf(rule)).toEqual([expect.stringContaining('which can fail')])
  })
})

it.each([
  `${permit};`,
  `${permit} unless { context.strongForeign };`,
  `${permit} when { !context.unread && !(context.unsaid || context.run.foreign) };`,
  `${permit} when { context.anchored };`,
  `${permit} when { context.unread == false };`,
  `${permit} when { true != context.unread };`,
  `${permit} when { context has target && ["owner"].containsAll(context.target.sources) };`,
  `${permit} when { context has target && !context.target.sources.contains("web:a.example") };`,
  `${permit} unless { context.run.sources.containsAny(["web:a.example"]) };`,
  `${permit} when { context.run.sources.isEmpty() };`,
  `${permit} when { context.run.influence < 8 };`,
  `${permit} when { if context.leaves then !context.unread else true };`,
  `${forbid} when { context.run.foreign && context.run.sensitive };`,
  `${forbid} unless { ["hooks.example.net"].containsAll(context.to) };`,
  `${forbid} when { context.approval + 9223372036854775807 > 0 };`,
  `${forbid} unless { context.anchored };`,
])('a rule is taken that reading more can only tighten: %s', (rule) => {
  expect(problemsOf(rule)).toEqual([])
})

const bits = (word: string) => fc.constantFrom(...word.split('|'))
const atom = bits(
  'context.unread|context.unsaid|context.strongForeign|context.anchored|context.run.foreign|context.run.sensitive|context.leaves|context.run.sources.contains("web:fresh.example")|["owner"].containsAll(context.run.sources)|context.run.sources.isEmpty()|context.to.contains("peer.example")|context.approval >= 1|context.run.influence > 0|context has target && context.target.foreign|context has content && context.content.sources.contains("web:a.example")|context has target && context.target.values.contains("hello")|principal == Castellan::Principal::"agent:default"|resource == Castellan::Skill::"test.act"|true|false',
)
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    tie('condition').map((each) => `!(${each})`),
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a}) && (${b})`),
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `(${a}) || (${b})`),
    fc
      .tuple(tie('condition'), tie('condition'), tie('condition'))
      .map(([a, b, c]) => `if ${a} then ${b} else ${c}`),
    fc.tuple(tie('condition'), fc.boolean()).map(([a, is]) => `(${a}) == ${is}`),
  ),
}))
const rule = fc
  .tuple(bits('permit|forbid'), bits('when|unless'), condition)
  .map(([effect, kind, body]) => `${effect} (principal, action, resource) ${kind} { ${body} };`)
const file = fc.array(rule, { minLength: 1, maxLength: 3 }).map((rules) => rules.join('\n'))

describe('over random files of rules', () => {
  it('what the analysis takes lets no request through for being less trusted', () => {
    let taken = 0
    fc.assert(
      fc.property(file, fc.nat(), (text, seed) => {
        const authorize = takenBy(text)
        if (authorize === null) return
        taken += 1
        const random = randomOf(seed)
        for (let n = 0; n < 20; n += 1) {
          const request = anyRequest(random)
          const worse = lessTrusted(request, random)
          if (authorize(worse).allowed)
            expect(authorize(request)).toMatchObject({ allowed: true, errors: [] })
        }
      }),
      { numRuns: 300 },
    )
    expect(taken).toBeGreaterThan(30)
  })

  it('no call is let do more by the gate for something untrusted that was read', () => {
    fc.assert(
      fc.property(
        file,
        fc.array(fc.tuple(anyCall, source, fc.nat(2)), { minLength: 8, maxLength: 8 }),
        (text, calls) => {
          const authorize = takenBy(text)
          if (authorize === null) return
          for (const [call, read, at] of calls) {
            expect(height(tainted(call, read, at), authorize)).toBeGreaterThanOrEqual(height(call, authorize))
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('the second net finds what the analysis would have let pass', () => {
    const rules = parsePolicies('owner', `${permit} when { context.unread && !context.leaves };`).policies
    const naive: Authorize = (request) => ({ allowed: request.unread, rules: ['owner:policy-1'], errors: [] })
    expect(findLoosening(naive, rules)).toMatchObject({ rules: ['owner:policy-1'] })
    expect(findLoosening(() => ({ allowed: true, rules: [], errors: [] }), rules)).toBeNull()
  })
})

/** The engine over a file that the check takes. Most random ones it refuses, and that costs little to see. */
function takenBy(text: string): Authorize | null {
  if (readOwn(text).problems.length > 0) return null
  const loaded = loadPolicies(text, 'monotone-test')
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  return loaded.engine.authorize
}

function anyRequest(random: () => number): PolicyRequest {
  const is = () => random() < 0.5
  const fold = { foreign: is(), sources: is() ? ['owner'] : ['owner', 'web:a.example'], values: ['hello'] }
  return {
    ...plainRequest,
    effect: effects[Math.floor(random() * effects.length)] ?? 'read',
    skill: is() ? 'test.act' : 'model.generate',
    folds: { ...(is() ? { target: fold } : {}), ...(is() ? { content: { ...fold, values: [] } } : {}) },
    strongForeign: is(),
    anchored: is(),
    unsaid: is(),
    unread: is(),
    to: is() ? ['peer.example'] : [],
    run: { foreign: is(), sources: is() ? [] : ['web:a.example'], sensitive: is(), influence: is() ? 0 : 4 },
    approval: factors[Math.floor(random() * factors.length)] ?? 'none',
  }
}

const source = fc.constantFrom('web:evil.example', 'mail:eve@x.example', 'pasted', 'unknown')
const someLabel = fc
  .tuple(fc.array(fc.constantFrom('owner', 'system', 'web:a.example'), { maxLength: 2 }), fc.boolean())
  .map(([sources, secret]) => label(sources, secret ? ['owner'] : 'everyone'))
const text = fc.constantFrom('hello', 'https://peer.example/', 'nora@x.example', 'see www.evil.example')
const anyCall: fc.Arbitrary<Call> = fc
  .record({
    principal: fc.constant(['owner', 'agent:default']),
    skill: fc.record({
      name: fc.constantFrom('test.act', 'model.generate', 'owner.notify'),
      effect: fc.constantFrom(...effects),
      roles: fc.constant({ a: 'target' as const, b: 'content' as const, c: 'option' as const }),
    }),
    args: fc.dictionary(fc.constantFrom('a', 'b', 'c'), text as fc.Arbitrary<Json>),
    references: fc.dictionary(fc.constantFrom('/a', '/b'), someLabel, { maxKeys: 1 }),
    reaches: fc.array(
      fc.record({ to: fc.constant({ name: 'peer.example', classes: [] }), what: fc.constant(['/a', '/b']) }),
      { maxLength: 1 },
    ),
    words: fc.array(text, { maxLength: 2 }),
    value: text as fc.Arbitrary<Json>,
    of: someLabel,
    rest: someLabel,
  })
  .map(({ words, value, of, rest, ...call }) => {
    const results = [{ skill: 'list.a', args: {}, value: { field: value }, labels: { '': of } }]
    return { ...call, run: { words, rest, results, label: joinAll([rest, of]) } }
  })

/** The same call after something untrusted: in the run, in a result of it, or in what an argument refers to. */
function tainted(call: Call, read: string, at: number): Call {
  const more = label([read])
  const results = (call.run.results ?? []).map((each) =>
    at === 1 ? { ...each, labels: { '': join(labelOfAll(each.labels), more) } } : each,
  )
  const references = Object.entries(call.references ?? {}).map(([pointer, each]) => [
    pointer,
    at === 2 ? join(each, more) : each,
  ])
  const run = { ...call.run, results, label: join(call.run.label, more) }
  expect(foreignSources(run.label)).not.toEqual([])
  return { ...call, run, references: Object.fromEntries(references) }
}

function height(call: Call, authorize: Authorize): number {
  const { decision, factor } = decide(call, authorize)
  if (decision === 'allow') return 0
  return decision === 'deny' ? factors.length : factors.indexOf(factor ?? 'none')
}
