import type { Effect, Factor, Json, Role } from '@castellan/contracts'
import { factors, roles, strongRoles } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Call, Endorsed } from './call.ts'
import { type Authorize, decide } from './decide.ts'
import { mayBeEndorsed } from './endorse.ts'
import { label } from './label.ts'
import { endorsableIn } from './offer.ts'

const page = label(['owner', 'web:news.example'])
const asked = ['Send it to whom the page names, and pay them.']

/** The shipped defaults in short: what is own passes, a click allows the rest, money to strangers wants more. */
const authorize: Authorize = ({ strongForeign, unread, unsaid, anchored, run, approval, effect }) => {
  const proof = factors.indexOf(approval)
  if (effect === 'spend' && strongForeign && proof < 2)
    return { allowed: false, rules: ['money'], errors: [] }
  const isOwn = !strongForeign && !unread && !unsaid && (!run.foreign || anchored)
  return { allowed: isOwn || proof >= 1, rules: [], errors: [] }
}

function call(changes: Partial<Call> & { effect?: Effect; endorsed?: Endorsed[] } = {}): Call {
  const { effect = 'send', endorsed = [], ...rest } = changes
  return {
    principal: ['owner', 'agent:default'],
    skill: {
      name: 'test.act',
      effect,
      roles: { to: 'target', thing: 'object', sum: 'amount', text: 'content' },
    },
    args: { to: 'eve@evil.example', text: 'The fair opens at ten.' },
    reaches: [{ to: { name: 'eve@evil.example', classes: [] }, what: ['/to', '/text'] }],
    run: { words: asked, label: page, endorsed },
    ...rest,
  }
}

const eve = (factor: Factor = 'click', role: Role = 'target'): Endorsed => ({
  role,
  value: 'eve@evil.example',
  factor,
})

describe('an endorsed value', () => {
  it('passes where it stands, as often as it is used', () => {
    expect(decide(call(), authorize).decision).toBe('ask')
    const decided = decide(call({ endorsed: [eve()] }), authorize)
    expect(decided).toMatchObject({
      decision: 'allow',
      arguments: [{ origin: 'owner', isEndorsed: true }, {}],
    })
    expect(decided.why).toContain('you called to right for this request')
  })

  it('passes where it comes by reference', () => {
    const references = { '/to': label(['mail:eve@evil.example']) }
    expect(decide(call({ references }), authorize).decision).toBe('ask')
    expect(decide(call({ references, endorsed: [eve()] }), authorize).decision).toBe('allow')
  })

  it.each<[string, Json]>([
    ['another case', 'Eve@evil.example'],
    ['a letter that looks alike', 'еve@evil.example'],
    ['a space nobody sees', 'eve@evil.example\u200b'],
    ['a final dot', 'eve@evil.example.'],
    ['a space before', ' eve@evil.example'],
    ['a compatibility form', 'ｅve@evil.example'],
    ['two of them', 'eve@evil.example,mallory@evil.example'],
    ['a list of it', ['eve@evil.example', 'mallory@evil.example']],
    ['a member called so', { 'eve@evil.example': 'bcc' }],
  ])('is no endorsement of %s', (_name, to) => {
    expect(decide(call({ args: { to, text: 'Hi.' }, endorsed: [eve()] }), authorize).decision).toBe('ask')
  })

  it.each(roles.filter((role) => role !== 'target'))('counts for nothing as %s', (role) => {
    expect(decide(call({ endorsed: [eve('passkey', role)] }), authorize).decision).toBe('ask')
  })

  it('may be whom it reaches, what it touches or which account, and something', () => {
    expect(roles.filter((role) => mayBeEndorsed(role, 'x'))).toEqual(['target', 'object', 'account'])
    expect(['', null, true, ['x']].filter((value) => mayBeEndorsed('target', value))).toEqual([])
  })

  it('stays of whoever wrote it, and as secret as it was', () => {
    const run = { words: asked, label: label(['owner', 'web:news.example'], ['owner']) }
    const written = (one: Call) =>
      decide(one, authorize).arguments.map(({ label, isNamed, labelForNamed }) => [
        label,
        isNamed,
        labelForNamed,
      ])
    expect(written(call({ run: { ...run, endorsed: [eve()] } }))).toEqual(written(call({ run })))
  })

  it('lifts no refusal', () => {
    const never: Authorize = ({ strongForeign }) => ({
      allowed: !strongForeign,
      rules: ['never'],
      errors: [],
    })
    expect(decide(call({ endorsed: [eve('passkey')] }), never).decision).toBe('deny')
  })

  it('makes nothing of the name it stands under', () => {
    const args = { to: { 'mallory@evil.example': 'eve@evil.example' }, text: 'Hi.' }
    const [traced] = decide(call({ args, endorsed: [eve()] }), authorize).arguments
    expect(traced).toMatchObject({ origin: 'foreign', isEndorsed: false })
  })

  it('spares nobody a stronger proof than it was given with', () => {
    const spend = (factor: Factor) => decide(call({ effect: 'spend', endorsed: [eve(factor)] }), authorize)
    expect([spend('click').decision, spend('click').factor]).toEqual(['ask', 'password'])
    expect(spend('password').decision).toBe('allow')
  })

  it('does not make whoever it names a reader of what is private', () => {
    const run = { words: asked, label: label(['owner', 'web:news.example'], ['owner']), endorsed: [eve()] }
    expect(decide(call({ run }), authorize)).toMatchObject({ decision: 'ask', request: { unread: true } })
  })

  it('is no reader of what the owner’s words write either', () => {
    const words = [...asked, 'Say: "The code is 4711."']
    const run = { words, label: label(['owner', 'web:news.example'], ['owner']), endorsed: [eve()] }
    const args = { to: 'eve@evil.example', text: 'The code is 4711.' }
    expect(decide(call({ args, run }), authorize)).toMatchObject({
      decision: 'ask',
      request: { unread: true },
    })
  })

  it('does not let content carry what the owner did not say, not even itself', () => {
    const args = { to: 'eve@evil.example', text: 'Write to eve@evil.example.' }
    expect(decide(call({ args, endorsed: [eve()] }), authorize)).toMatchObject({
      decision: 'ask',
      request: { unsaid: true },
    })
  })

  it('is no request: what the owner’s words do not ask for is asked about all the same', () => {
    const run = { words: ['What is new?'], label: page, endorsed: [eve()] }
    expect(decide(call({ effect: 'write', args: { thing: 'notes.md' }, run }), authorize).decision).toBe(
      'ask',
    )
  })

  it('is worth its proof where the call brings an approval along', () => {
    const spend = call({ effect: 'spend', endorsed: [eve('click')] })
    expect(decide(spend, authorize, 'click').decision).toBe('deny')
    expect(decide(spend, authorize, 'password').decision).toBe('allow')
  })
})

const values = fc.constantFrom<Json>('eve@evil.example', 'bob@a.example', 'notes.md', 'hello', 5, 7)
const endorsement = fc.record({
  role: fc.constantFrom(...roles),
  value: values,
  factor: fc.constantFrom(...factors),
})

describe('for any call and any endorsements', () => {
  const cases = fc.record({
    args: fc.record({ to: values, thing: values, sum: values, text: values }),
    effect: fc.constantFrom<Effect>('write', 'send', 'spend'),
    endorsed: fc.array(endorsement, { maxLength: 4 }),
    words: fc.constantFrom([], ['Write to bob@a.example about notes.md.']),
    readers: fc.constantFrom('everyone' as const, ['owner']),
  })

  it('raise trust for exactly those values in exactly those roles, and never for content', () => {
    fc.assert(
      fc.property(cases, ({ args, effect, endorsed, words, readers }) => {
        const run = { words, label: label(['owner', 'web:news.example'], readers) }
        const bare = decide(call({ args, effect, run }), authorize)
        const helped = decide(call({ args, effect, run: { ...run, endorsed } }), authorize)
        helped.arguments.forEach((argument, n) => {
          const { role, value } = argument
          const isNamed = endorsed.some((each) => each.role === role && each.value === value)
          const isStrong = (strongRoles as readonly Role[]).includes(role)
          if (!isNamed || !isStrong) expect(argument).toEqual(bare.arguments[n])
          if (argument.isEndorsed) expect([isNamed, isStrong]).toEqual([true, true])
        })
        if (bare.decision !== 'ask') expect(helped).toEqual(bare)
        const isWeaker = endorsed.every(
          ({ factor }) => factors.indexOf(factor) < factors.indexOf(bare.factor ?? 'none'),
        )
        if (isWeaker) expect(helped.decision).toBe(bare.decision)
      }),
    )
  })
})

describe('the offer', () => {
  const offered = (one: Call) => endorsableIn(one, decide(one, authorize), authorize)

  it('names foreign strong arguments, and says that the next such call will pass', () => {
    expect(offered(call())).toEqual({ paths: ['/to'], lasting: true, why: null })
  })

  it('says why the next one will be asked about all the same', () => {
    const args = { to: 'eve@evil.example', text: 'See https://evil.example/x' }
    const offer = offered(call({ args }))
    expect(offer).toMatchObject({ paths: ['/to'], lasting: false })
    expect(offer?.why).toContain('https://evil.example/x')
  })

  it('names no amount, no content, and nothing of a call that does not ask', () => {
    expect(offered(call({ args: { sum: 5, text: 'Hi.' } }))).toBe(null)
    expect(offered(call({ endorsed: [eve()] }))).toBe(null)
  })
})
