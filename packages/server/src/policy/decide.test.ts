/** The kernel's decision over the shipped policies and the real engine: what must hold for every call there could be. */
import { effects, type FieldLabels, factors, type Json, type Label, roles } from '@castellan/contracts'
import {
  type Call,
  type Decided,
  decide,
  foreignSources,
  join,
  joinAll,
  label,
  labelAt,
  labelOfAll,
  mayRead,
  type ReadResult,
  type RunFacts,
} from '@castellan/kernel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadPolicies } from './cedar.ts'

const loaded = loadPolicies('')
if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
const { authorize } = loaded.engine

const text = fc.constantFrom('https://peer.example/', 'eve@x.example', 'hello', 'work/notes.md', 'x')
const json = fc.oneof(
  text,
  fc.constantFrom('Nora', 'nora@x.example', '0789765432', 12, 480, 528, 'hello Nora, see www.evil.example'),
  fc.boolean(),
  fc.constant(null),
  fc.array(text, { maxLength: 2 }),
  fc.dictionary(text, text, { maxKeys: 2 }),
) as fc.Arbitrary<Json>
const reader = fc.constantFrom(
  { name: 'peer.example', classes: [] },
  { name: 'model:cloud', classes: ['models'] },
  { name: 'model:local', classes: ['models', 'models:local'] },
)
const source = fc.constantFrom('owner', 'system', 'web:a.example', 'mail:b@c.example', 'pasted', 'unknown')
const anyLabel: fc.Arbitrary<Label> = fc
  .tuple(
    fc.array(source, { maxLength: 3 }),
    fc.oneof(
      fc.constant('everyone' as const),
      fc.array(fc.constantFrom('owner', 'models:local', 'peer.example')),
    ),
  )
  .map(([sources, readers]) => label(sources, readers))
const value = fc.constantFrom(
  'https://peer.example/',
  'Nora',
  'Nora Black',
  'nora@x.example',
  '0789765432',
  480,
)
const row = fc.record(
  {
    id: fc.constantFrom('a1', 'b2', 12),
    name: fc.constantFrom('Nora', 'Nora Black', 'Ole'),
    to: fc.constantFrom('nora@x.example', 'eve@x.example', '0789765432'),
    amount: fc.constantFrom(480, 12),
  },
  { requiredKeys: ['name'] },
) as fc.Arbitrary<Json>
const rowField = fc.constantFrom('', '/0', '/0/name', '/0/to', '/1', '/1/name', '/1/to', '/2/id', '/name')
const trusted = fc.constantFrom(label(['system']), label(['system'], ['owner']))
const anyResult: fc.Arbitrary<ReadResult> = fc.record({
  skill: fc.constantFrom('list.a', 'list.b'),
  args: fc.dictionary(fc.constantFrom('query', 'url'), value as fc.Arbitrary<Json>, { maxKeys: 1 }),
  value: fc.oneof(fc.array(row, { maxLength: 3 }), row, value as fc.Arbitrary<Json>),
  labels: fc
    .tuple(fc.oneof(trusted, trusted, anyLabel), fc.dictionary(rowField, anyLabel, { maxKeys: 1 }))
    .map(([whole, some]) => ({ '': whole, ...some })),
  platform: fc.uniqueArray(fc.constantFrom('', '/*/id', '/*/name', '/*/to', '/name'), { maxLength: 1 }),
})
const sentences = [
  'https://peer.example/',
  'mail eve@x.example',
  'hello',
  'call Nora, please',
  'Pay Nora Black her 480 and 10% more',
  'pay 12.00',
  'from eve@x.example to nora@x.example',
]
const anyRun: fc.Arbitrary<RunFacts> = fc
  .record({
    words: fc.array(fc.constantFrom(...sentences), { maxLength: 2 }),
    label: anyLabel,
    rest: anyLabel,
    results: fc.array(anyResult, { minLength: 1, maxLength: 3 }),
  })
  .map((run) => withLabel(run))

/** A run whose label covers what it has read, as it is everywhere. */
function withLabel(run: RunFacts): RunFacts {
  const read = (run.results ?? []).map((result) => labelOfAll(result.labels))
  return { ...run, label: joinAll([run.label, run.rest ?? run.label, ...read]) }
}

const argument = fc.constantFrom('a', 'b', 'c')
const pointer = fc.constantFrom('', '/a', '/b', '/c', '/a/0')
const anyCall: fc.Arbitrary<Call> = fc.record({
  principal: fc.constant(['owner', 'agent:default']),
  skill: fc.record({
    name: fc.constantFrom('test.act', 'model.generate', 'owner.notify'),
    effect: fc.constantFrom(...effects),
    roles: fc.dictionary(argument, fc.constantFrom(...roles)),
  }),
  args: fc.dictionary(argument, json),
  references: fc.dictionary(pointer, anyLabel, { maxKeys: 2 }),
  reaches: fc.array(fc.record({ to: reader, what: fc.array(pointer, { maxLength: 2 }) }), { maxLength: 2 }),
  run: anyRun,
})

/** The same labels, with a stranger's hand in one field. */
function touch(labels: FieldLabels, at: string): FieldLabels {
  return { ...labels, [at]: join(labelAt(labels, at), label(['web:evil.example'])) }
}

/** How much stands in a call's way. */
function height(decided: Decided): number {
  if (decided.decision === 'allow') return 0
  return decided.decision === 'deny' ? factors.length : factors.indexOf(decided.factor ?? 'none')
}

const many = { numRuns: 500 }

describe('with the shipped policies', () => {
  it('a run that has read one more source is never let do more', () => {
    fc.assert(
      fc.property(anyCall, anyLabel, (call, read) => {
        const more = { ...call, run: { ...call.run, label: join(call.run.label, read) } }
        expect(height(decide(more, authorize))).toBeGreaterThanOrEqual(height(decide(call, authorize)))
      }),
      many,
    )
  })

  it('a stranger’s result that is read as well lets it do no more, and neither does a stranger’s hand in another', () => {
    fc.assert(
      fc.property(anyCall, anyResult, anyLabel, fc.nat(2), rowField, (call, read, read_label, place, at) => {
        const before = height(decide(call, authorize))
        const results = call.run.results ?? []
        // The page that a link stands on may be read before the link is: that is what a read has more of.
        if (call.skill.effect !== 'read') {
          const strange = {
            ...read,
            platform: [],
            labels: { '': join(label(['web:evil.example']), read_label) },
          }
          const more = { ...call, run: withLabel({ ...call.run, results: [...results, strange] }) }
          expect(height(decide(more, authorize))).toBeGreaterThanOrEqual(before)
        }
        const touched = results.map((each, index) =>
          index === place ? { ...each, platform: [], labels: touch(each.labels, at) } : each,
        )
        const handled = { ...call, run: withLabel({ ...call.run, results: touched }) }
        expect(height(decide(handled, authorize))).toBeGreaterThanOrEqual(before)
      }),
      { numRuns: 2000 },
    )
  })

  it('an argument that refers to something less trusted or more secret is never let do more', () => {
    fc.assert(
      fc.property(anyCall, pointer, anyLabel, anyLabel, (call, at, before, read) => {
        const some = { ...call, references: { ...call.references, [at]: before } }
        const more = { ...call, references: { ...call.references, [at]: join(before, read) } }
        expect(height(decide(more, authorize))).toBeGreaterThanOrEqual(height(decide(some, authorize)))
      }),
      many,
    )
  })

  it('one reader more never makes it easier', () => {
    fc.assert(
      fc.property(anyCall, reader, (call, to) => {
        const wider = { ...call, reaches: [...call.reaches, { to, what: ['/a'] }] }
        expect(height(decide(wider, authorize))).toBeGreaterThanOrEqual(height(decide(call, authorize)))
      }),
      many,
    )
  })

  it('an approval is worth what was asked for: that proof or a stronger one allows, a weaker one does not', () => {
    fc.assert(
      fc.property(anyCall, (call) => {
        const needed = height(decide(call, authorize))
        factors.forEach((given, strength) => {
          const { decision } = decide(call, authorize, given)
          if (given !== 'none') expect(decision).toBe(strength >= needed ? 'allow' : 'deny')
        })
      }),
      many,
    )
  })

  it('what executes, grants or administers, and what would tell a model a secret, is never allowed unasked', () => {
    fc.assert(
      fc.property(anyCall, (call) => {
        const decided = decide(call, authorize)
        if (['execute', 'grant', 'admin'].includes(call.skill.effect)) {
          expect(height(decided)).toBeGreaterThanOrEqual(factors.indexOf('password'))
        }
        if (call.skill.name === 'model.generate' && decided.request.unread)
          expect(decided.decision).toBe('deny')
      }),
      many,
    )
  })

  it('the explanation says what was decided, and only what is so', () => {
    fc.assert(
      fc.property(anyCall, fc.constantFrom(...factors), (call, given) => {
        const { decision, why, arguments: traced, request } = decide(call, authorize, given)
        const opening = { allow: 'Allowed', ask: 'It needs your yes: ', deny: 'It is refused: ' }[decision]
        expect(why.startsWith(opening)).toBe(true)
        const foreign = traced.filter((each) => each.origin === 'foreign')
        for (const each of foreign) expect(foreignSources(each.label)).not.toEqual([])
        if (why.includes('every part of it is your own')) expect(foreign).toEqual([])
        if (/your own$/.test(why)) expect(traced.every((each) => each.origin === 'owner')).toBe(true)
        if (why.includes('which you did not say')) expect(request.unsaid).toBe(true)
        if (why.includes('nothing of what you said names it')) expect(request.anchored).toBe(false)
        if (why.includes('nothing leaves the house')) expect(call.reaches).toEqual([])
        if (why.includes('may read what it carries') && decision === 'allow')
          expect(request.unread).toBe(false)
        if (why.includes('was not meant for')) expect(request.unread).toBe(true)
        if (why.includes('this conversation has read')) expect(request.run.foreign).toBe(true)
        if (why.includes('not from you'))
          expect(foreign.some((each) => why.includes(each.path.slice(1)))).toBe(true)
        if (why.includes('by your approval')) expect(given).not.toBe('none')
      }),
      many,
    )
  })

  it('nobody is reached unasked by what they may not read', () => {
    fc.assert(
      fc.property(anyCall, (call) => {
        const decided = decide(call, authorize)
        if (decided.decision !== 'allow') return
        for (const { to, what } of call.reaches) {
          for (const { path, label: known } of decided.arguments) {
            if (what.some((each) => path === each || path.startsWith(`${each}/`)))
              expect(mayRead(known, to)).toBe(true)
          }
        }
      }),
      many,
    )
  })
})
