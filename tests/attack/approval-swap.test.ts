/** The owner says yes to one call, and another one is made with it. */
import type { Json } from '@castellan/contracts'
import { label } from '@castellan/kernel'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Invocation } from '../../packages/server/src/invoke/index.ts'
import { type Gatehouse, openGatehouse, questionOf, tainted, untainted } from './gate.ts'

let house: Gatehouse
beforeAll(async () => {
  house = await openGatehouse()
})
afterAll(() => house.close())
beforeEach(() => {
  house.done.length = 0
})

const args = { url: 'https://peer.example/', body: 'hello' }
const withArgs = (changes: { [name: string]: Json }): Partial<Invocation> => ({
  args: { ...args, ...changes },
})

test.each<[string, Partial<Invocation>]>([
  ['the target', withArgs({ url: 'https://evil.example/' })],
  ['one letter of the target', withArgs({ url: 'https://peer.examp1e/' })],
  ['a letter that looks alike', withArgs({ url: 'https://рeer.example/' })],
  ['the case of the target', withArgs({ url: 'https://Peer.example/' })],
  ['a space nobody sees', withArgs({ url: 'https://peer.example/\u200b' })],
  ['a final dot', withArgs({ url: 'https://peer.example./' })],
  ['the text', withArgs({ body: 'hello, and the canary' })],
  ['the form of an accent', withArgs({ body: 'he\u0301llo' })],
  ['another recipient beside the first', withArgs({ to: { 'eve@x.example': 'cc' } })],
  ['the skill', { skill: 'test.other' }],
  ['the effect', { skill: 'test.publish' }],
  ['who acts', { principal: ['owner', 'agent:other'] }],
  ['on whose behalf', { principal: ['member:7', 'agent:default'] }],
  ['one more in the chain', { principal: ['owner', 'plugin:x', 'agent:default'] }],
])('a yes does not carry over to a call that differs in %s', async (_name, change) => {
  const call = house.call({ args })
  const asked = await house.gate()(call)
  await house.yes(asked, 'passkey')
  const outcome = await house.gate()({ ...call, ...change, question: questionOf(asked) })
  expect(outcome.kind).not.toBe('done')
  expect(house.done).toEqual([])
})

test('after such a try the yes is gone, and the true call is asked about anew', async () => {
  const call = house.call({ args })
  const asked = await house.gate()(call)
  await house.yes(asked)
  await house.gate()({ ...call, ...withArgs({ body: 'other' }), question: questionOf(asked) })
  const again = await house.gate()({ ...call, question: questionOf(asked) })
  expect(again.kind).not.toBe('done')
  expect(house.done).toEqual([])
})

test('a yes to one question is no answer to another', async () => {
  const harmless = house.call({ args })
  const harmful = house.call({ args: { ...args, url: 'https://evil.example/' } })
  const yes = await house.gate()(harmless)
  await house.gate()(harmful)
  await house.yes(yes)
  expect((await house.gate()({ ...harmful, question: questionOf(yes) })).kind).not.toBe('done')
  expect(house.done).toEqual([])
})

test('what is run is what was shown, argument by argument', async () => {
  const call = house.call({ args })
  const asked = await house.gate()(call)
  if (asked.kind !== 'asks') throw new Error(asked.kind)
  expect(asked.decision.arguments.map(({ path, origin, value }) => [path, origin, value])).toEqual([
    ['/url', 'foreign', 'https://peer.example/'],
    ['/body', 'foreign', 'hello'],
  ])
  await house.yes(asked)
  // The order in which a model writes its arguments is no difference.
  const turned = { ...call, args: { body: args.body, url: args.url }, question: asked.question }
  expect((await house.gate()(turned)).kind).toBe('done')
  expect(house.done).toEqual([{ skill: 'test.send', args }])
})

test('a click that was asked for before the run read more is not enough afterwards', async () => {
  const own = { words: untainted.words, label: label(['owner'], ['owner']) }
  const call = house.call({ args, skill: 'test.spend', facts: own })
  const asked = await house.gate()(call)
  if (asked.kind !== 'asks') throw new Error(asked.kind)
  expect(asked.decision.factor).toBe('click')
  await house.yes(asked, 'click')
  const outcome = await house.gate()({ ...call, facts: tainted, question: asked.question })
  expect(outcome).toMatchObject({ kind: 'refused', reason: 'policy' })
  expect(house.done).toEqual([])
})

test('a yes to what a reference held does not carry over to what it has come to hold', async () => {
  const references = { '/url': label(['web:news.example']) }
  const call = house.call({ args, references })
  const asked = await house.gate()(call)
  await house.yes(asked)
  const changed = { ...call, ...withArgs({ url: 'https://evil.example/' }), question: questionOf(asked) }
  const outcome = await house.gate()(changed)
  expect(outcome.kind).toBe('asks')
  expect(questionOf(outcome)).not.toBe(questionOf(asked))
  expect(house.done).toEqual([])
})
