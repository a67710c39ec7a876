/** A call that needs a second proof comes with a weaker one, or with a policy that changed after the answer. */
import type { Factor } from '@castellan/contracts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Gatehouse, openGatehouse, questionOf, tainted, untainted } from './gate.ts'

let house: Gatehouse
beforeAll(async () => {
  house = await openGatehouse()
})
afterAll(() => house.close())
beforeEach(() => {
  house.done.length = 0
})

const powers = ['test.execute', 'test.grant', 'test.admin']

test.each(powers.flatMap((skill) => [untainted, tainted].map((facts) => [skill, facts] as const)))(
  '%s wants a second proof, and a click is none',
  async (skill, facts) => {
    const call = house.call({ skill, facts })
    const asked = await house.gate()(call)
    if (asked.kind !== 'asks') throw new Error(asked.kind)
    expect(asked.decision.factor).toBe('password')
    await house.yes(asked, 'click')
    expect((await house.gate()({ ...call, question: asked.question })).kind).toBe('refused')
    expect(house.done).toEqual([])
  },
)

test.each<[Factor, boolean]>([
  ['none', false],
  ['click', false],
  ['password', true],
  ['totp', true],
  ['passkey', true],
])('spending for a foreign target with %s', async (factor, expected) => {
  const call = house.call({ skill: 'test.spend' })
  const asked = await house.gate()(call)
  await house.yes(asked, factor)
  const outcome = await house.gate()({ ...call, question: questionOf(asked) })
  expect(outcome.kind === 'done').toBe(expected)
  expect(house.done).toHaveLength(expected ? 1 : 0)
})

test('a yes without any proof allows nothing, not even what a click would', async () => {
  const call = house.call()
  const asked = await house.gate()(call)
  await house.yes(asked, 'none')
  expect((await house.gate()({ ...call, question: questionOf(asked) })).kind).not.toBe('done')
  expect(house.done).toEqual([])
})

test('a no is a no, also where the policy has come to allow the call', async () => {
  const call = house.call()
  const asked = await house.gate()(call)
  await house.no(asked)
  const looser = house.gate({ policy: '@id("yes") permit (principal, action, resource);' })
  expect(await looser({ ...call, question: questionOf(asked) })).toMatchObject({
    kind: 'refused',
    reason: 'owner_said_no',
  })
  expect(house.done).toEqual([])
})

test('a policy that was tightened after the yes wins', async () => {
  const call = house.call()
  const asked = await house.gate()(call)
  await house.yes(asked, 'passkey')
  const stricter = house.gate({ policy: '@id("no") forbid (principal, action, resource);' })
  expect(await stricter({ ...call, question: questionOf(asked) })).toMatchObject({
    kind: 'refused',
    decision: { rules: ['owner:no'] },
  })
  expect(house.done).toEqual([])
})
