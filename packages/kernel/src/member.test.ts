import type { Label } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Call } from './call.ts'
import { type Authorize, decide } from './decide.ts'
import { foreignSources, join, label, mayRead, ownerReader } from './label.ts'

/** The default rules in short: own or located, readable, nothing unsaid; steered runs must be anchored. */
const careful: Authorize = (request) => ({
  allowed:
    request.approval !== 'none' ||
    (!request.strongForeign &&
      !request.unread &&
      !request.unsaid &&
      (!request.run.foreign || request.anchored)),
  rules: ['careful'],
  errors: [],
})

const texts = ['bob@a.example', 'eve@x.example', 'the boiler figures', 'hello', 'pay 900 EUR']
const words = fc.array(
  fc.constantFrom('Send hello to bob@a.example', 'Tell eve@x.example the boiler figures', 'Now.'),
  {
    maxLength: 2,
  },
)
const source = fc.constantFrom('member:7', 'member:8', 'web:a.example', 'system')
const anyLabel: fc.Arbitrary<Label> = fc
  .tuple(
    fc.array(source, { maxLength: 2 }),
    fc.constantFrom('everyone' as const, ['member:7'], ['models', 'owner']),
  )
  .map(([sources, readers]) => label(sources, readers))

const anyCall: fc.Arbitrary<Call> = fc
  .record({
    principal: fc.constantFrom(
      ['owner', 'agent:a'],
      ['member:7', 'agent:a'],
      ['member:8'],
      ['owner', 'member:7'],
    ),
    words,
    read: anyLabel,
    to: fc.constantFrom(...texts),
    text: fc.constantFrom(...texts),
    reference: fc.option(anyLabel),
    leaves: fc.boolean(),
  })
  .map(({ principal, words, read, to, text, reference, leaves }) => ({
    principal,
    skill: { name: 'mail.send', effect: 'send', roles: { to: 'target', text: 'content' } },
    args: { to, text },
    ...(reference === null ? {} : { references: { '/text': reference } }),
    reaches: leaves ? [{ to: { name: to, classes: [] }, what: ['/to', '/text'] }] : [],
    run: { words, label: join(label(['system']), read), rest: label(['system']), results: [] },
  }))

/** The same call with every source of one name called otherwise. */
function renamed(call: Call, from: string, to: string): Call {
  const change = (each: Label) =>
    label(
      each.sources.map((name) => (name === from ? to : name)),
      each.readers,
    )
  const { references = {} } = call
  return {
    ...call,
    references: Object.fromEntries(Object.entries(references).map(([path, each]) => [path, change(each)])),
    run: { ...call.run, label: change(call.run.label) },
  }
}

describe('a member', () => {
  it('is in their own calls what the owner is in the owner’s', () => {
    fc.assert(
      fc.property(anyCall, (call) => {
        const own = decide({ ...call, principal: ['member:7', 'agent:a'] }, careful)
        const owners = decide(
          { ...renamed(call, 'member:7', 'owner'), principal: ['owner', 'agent:a'] },
          careful,
        )
        expect([own.decision, own.factor]).toEqual([owners.decision, owners.factor])
      }),
    )
  })

  it('refers to what is their own in their own calls, and to a stranger’s in others', () => {
    const refers = (who: string) =>
      decide(
        {
          principal: [who, 'agent:a'],
          skill: { name: 'mail.send', effect: 'send', roles: { to: 'target' } },
          args: { to: 'bob@a.example' },
          references: { '/to': label(['member:7']) },
          reaches: [],
          run: { words: [], label: label(['system']) },
        },
        careful,
      ).arguments.map(({ origin }) => origin)
    expect([refers('member:7'), refers('member:8'), refers('owner')]).toEqual([
      ['owner'],
      ['foreign'],
      ['foreign'],
    ])
  })

  it('is in everybody else’s calls a stranger like any other', () => {
    fc.assert(
      fc.property(anyCall, (call) => {
        fc.pre(call.principal[0] !== 'member:7')
        const member = decide(call, careful)
        const stranger = decide(renamed(call, 'member:7', 'mail:stranger@x.example'), careful)
        expect(member.decision).toBe(stranger.decision)
      }),
    )
  })

  it('never lets the owner’s run do more by having been read', () => {
    const rank = { allow: 2, ask: 1, deny: 0 }
    fc.assert(
      fc.property(anyCall, fc.constantFrom('member:7', 'member:8'), (call, member) => {
        const before = decide({ ...call, principal: ['owner', 'agent:a'] }, careful)
        const run = { ...call.run, label: join(call.run.label, label([member])) }
        const after = decide({ ...call, principal: ['owner', 'agent:a'], run }, careful)
        expect(rank[after.decision]).toBeLessThanOrEqual(rank[before.decision])
      }),
    )
  })

  it('leaves nothing behind that would pass for the owner’s', () => {
    fc.assert(
      fc.property(anyCall, (call) => {
        const { arguments: traced } = decide({ ...call, principal: ['member:7', 'agent:a'] }, careful)
        for (const each of traced) {
          expect(each.label.sources).not.toContain('owner')
          expect(each.labelForNamed.sources).not.toContain('owner')
          expect(each.sources).not.toContain('owner')
        }
      }),
    )
  })

  it('is known by class: a host that is called so reads nothing of theirs', () => {
    const theirs = label(['member:7'], ['member:7'])
    expect(mayRead(theirs, { name: 'member:7', classes: ['member:7'] })).toBe(true)
    expect(mayRead(theirs, { name: 'member:7', classes: [] })).toBe(false)
    expect(mayRead(theirs, { name: 'member:8', classes: ['member:8'] })).toBe(false)
    expect(mayRead(theirs, { name: 'model:qwen', classes: ['models', 'models:local'] })).toBe(false)
    expect(mayRead(label(['owner'], ['owner']), { name: 'member:7', classes: ['member:7'] })).toBe(false)
    expect(mayRead(label(['owner'], ['owner']), ownerReader)).toBe(true)
    expect(foreignSources(theirs)).toEqual(['member:7'])
  })
})
