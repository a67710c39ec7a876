import { type Factor, factors, type Json } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BoundCall, bindingOf, factorSuffices } from './approval.ts'

const call: BoundCall = {
  skill: 'http.post',
  args: { url: 'https://a.example/', body: { text: 'hello', copies: 2 } },
  principal: ['owner', 'agent:default'],
  run: 'run-1',
  nonce: 'nonce-1',
}

describe('bindingOf', () => {
  it.each<[string, Partial<BoundCall>]>([
    ['the skill', { skill: 'http.put' }],
    ['an argument', { args: { ...call.args, url: 'https://b.example/' } }],
    ['a nested argument', { args: { ...call.args, body: { text: 'hello', copies: 3 } } }],
    ['the type of an argument', { args: { ...call.args, body: { text: 'hello', copies: '2' } } }],
    ['an argument more', { args: { ...call.args, bcc: 'eve@x.example' } }],
    ['an argument less', { args: { url: 'https://a.example/' } }],
    ['the case of a name', { args: { URL: 'https://a.example/', body: { text: 'hello', copies: 2 } } }],
    ['the order of the chain', { principal: ['agent:default', 'owner'] }],
    ['who acts', { principal: ['owner', 'agent:other'] }],
    ['a link of the chain more', { principal: ['owner', 'agent:default', 'plugin:x'] }],
    ['two links written as one', { principal: ['owner,agent:default'] }],
    ['the run', { run: 'run-2' }],
    ['the nonce', { nonce: 'nonce-2' }],
  ])('changes with %s', (_what, change) => {
    expect(bindingOf({ ...call, ...change })).not.toBe(bindingOf(call))
  })

  it('does not change with the order in which members are written, nor with members that are not bound', () => {
    const { nonce, run, principal, args, skill } = call
    const turned = {
      nonce,
      run,
      principal,
      args: { body: args['body'] as Json, url: args['url'] as Json },
      skill,
    }
    expect(bindingOf(turned)).toBe(bindingOf(call))
    expect(bindingOf({ ...call, extra: 'x' } as BoundCall)).toBe(bindingOf(call))
    expect(bindingOf(call)).toMatch(/^[0-9a-f]{64}$/)
  })

  it('differs for any two calls that differ', () => {
    const word = fc.string({ maxLength: 6 })
    const calls = fc.record({
      skill: word,
      args: fc.dictionary(word, fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>, { maxKeys: 3 }),
      principal: fc.array(word, { maxLength: 3 }),
      run: word,
      nonce: word,
    })
    fc.assert(
      fc.property(calls, calls, (a, b) => {
        const same = isEqual(a, b)
        expect(bindingOf(a) === bindingOf(b)).toBe(same)
      }),
    )
  })

  it('does not let a text in one field pass for another field', () => {
    const a = bindingOf({ ...call, run: 'x","skill":"http.put', skill: 'y' })
    const b = bindingOf({ ...call, run: 'x', skill: 'http.put' })
    expect(a).not.toBe(b)
  })
})

it('a proof suffices for itself and for anything weaker', () => {
  const strength: Record<Factor, number> = { none: 0, click: 1, password: 2, totp: 3, passkey: 4 }
  for (const given of factors) {
    for (const needed of factors) {
      expect(factorSuffices(given, needed)).toBe(strength[given] >= strength[needed])
    }
  }
})

/** Equality of JSON documents, in which -0 is 0. */
function isEqual(a: BoundCall, b: BoundCall): boolean {
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown
  try {
    expect(plain(a)).toEqual(plain(b))
    return true
  } catch {
    return false
  }
}
