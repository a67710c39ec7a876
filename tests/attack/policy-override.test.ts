/** The owner's policy file (or whoever got at it) tries to switch off what nobody can switch off. */
import { label } from '@castellan/kernel'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Gatehouse, openGatehouse, tainted } from './gate.ts'

let house: Gatehouse
beforeAll(async () => {
  house = await openGatehouse()
})
afterAll(() => house.close())
beforeEach(() => {
  house.done.length = 0
})

const permissive = [
  'permit (principal, action, resource);',
  '@id("proof-for-power") permit (principal, action, resource);',
  '@id("private-stays-from-models") permit (principal, action, resource == Castellan::Skill::"model.generate");',
  'permit (principal, action, resource) unless { false };',
]

describe.each(permissive)('%s', (policy) => {
  test.each(['test.execute', 'test.grant', 'test.admin', 'test.spend'])(
    'leaves the second proof of %s',
    async (skill) => {
      const outcome = await house.gate({ policy })(house.call({ skill }))
      expect(outcome).toMatchObject({ kind: 'asks', decision: { factor: 'password' } })
      expect(house.done).toEqual([])
    },
  )

  test('lets no private text go to a model elsewhere, not even with a passkey', async () => {
    const facts = { words: [], label: label(['owner'], ['owner', 'models:local']) }
    const outcome = await house.gate({ policy })(house.call({ skill: 'model.generate', facts }))
    expect(outcome).toMatchObject({
      kind: 'refused',
      reason: 'policy',
      decision: { rules: ['private-stays-from-models'] },
    })
    expect(house.done).toEqual([])
  })
})

test('what is no invariant, the owner may switch off', async () => {
  const [policy] = permissive
  expect((await house.gate(policy === undefined ? {} : { policy })(house.call())).kind).toBe('done')
})

describe('a forbid of the owner’s that fails while it is evaluated', () => {
  const overflow = 'context.approval + 9223372036854775807 > 0'

  test('closes the gate, and is not passed over', async () => {
    const policy = `@id("broken") forbid (principal, action, resource) when { context.leaves && 0 - 9223372036854775807 - 2 - context.approval < 0 };`
    const call = house.call({ facts: { words: [], label: label(['owner']) } })
    const outcome = await house.gate({ policy })(call)
    expect(outcome).toMatchObject({
      kind: 'refused',
      reason: 'policy',
      decision: { rules: ['closed-by-default'] },
    })
    expect(house.done).toEqual([])
    expect(await house.rows(call.run)).toMatchObject([
      { kind: 'decision', decision: 'deny', outcome: 'refused', rules: ['closed-by-default'] },
    ])
  })

  test('closes it too when it fails only for a call that comes with a yes', async () => {
    const call = house.call({ facts: tainted })
    const policy = `forbid (principal, action, resource) when { ${overflow} };`
    expect(await house.gate({ policy })(call)).toMatchObject({ kind: 'refused', reason: 'policy' })
    expect(house.done).toEqual([])
  })
})

test('an engine that breaks lets nothing through', async () => {
  const broken = () => {
    throw new Error('unreachable')
  }
  await expect(house.gate({ authorize: broken })(house.call())).rejects.toThrow('unreachable')
  expect(house.done).toEqual([])
})
