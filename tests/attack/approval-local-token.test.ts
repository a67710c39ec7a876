/** A program that found the local token in run/server.json tries to pass for the owner where a second proof is needed. */
import type { QuestionView } from '@castellan/contracts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createQuestions, type Given, type Questions } from '../../packages/server/src/questions/index.ts'
import { ownerIdentity } from '../../packages/server/src/testing/identity.ts'
import { type Gatehouse, openGatehouse, questionOf, tainted } from './gate.ts'

const password = 'the right password'
let house: Gatehouse
let questions: Questions
let looked: string[]
beforeAll(async () => {
  house = await openGatehouse()
})
afterAll(() => house.close())
beforeEach(() => {
  house.done.length = 0
  looked = []
  questions = createQuestions({
    database: house.db.database,
    publish: () => {},
    wake: async () => {},
  })
})

/** What counts the proofs that are looked at. */
const prove = async ({ password: given }: Given) => {
  if (given === undefined) return 'click'
  looked.push(given)
  if (given !== password) throw new Error('wrong')
  return 'password'
}

/** The owner as each way in makes them known. */
const by = (via: 'session' | 'local-token') => ({
  tenant: house.db.tenant,
  principal: 'owner' as const,
  via,
  address: '127.0.0.1',
  prove,
})

test('the password itself, sent with the local token, is not looked at and proves nothing', async () => {
  const call = house.call({ skill: 'test.execute' })
  const question = questionOf(await house.gate()(call))
  const attempt = questions.approve(by('local-token'), question, { password })
  await expect(attempt).rejects.toMatchObject({ code: 'factor_needed', details: { factor: 'password' } })
  expect(looked).toEqual([])
  expect((await questions.get(ownerIdentity, question)).state).toBe('open')
  expect((await house.gate()({ ...call, question })).kind).toBe('asks')
  expect(house.done).toEqual([])
})

test('in the page the password counts, and the answer says by which way it came', async () => {
  const call = house.call({ skill: 'test.execute' })
  const question = questionOf(await house.gate()(call))
  await expect(questions.approve(by('session'), question, {})).rejects.toMatchObject({
    code: 'factor_needed',
  })
  await expect(questions.approve(by('session'), question, { password: 'a guess' })).rejects.toThrow('wrong')
  const answered: QuestionView = await questions.approve(by('session'), question, { password })
  expect(answered).toMatchObject({ state: 'approved', decided_via: 'session' })
  expect((await house.gate()({ ...call, question })).kind).toBe('done')
})

test('a click is all it is good for', async () => {
  const call = house.call({ facts: tainted })
  const question = questionOf(await house.gate()(call))
  expect(await questions.approve(by('local-token'), question, {})).toMatchObject({
    state: 'approved',
    decided_via: 'local-token',
  })
  expect((await house.gate()({ ...call, question })).kind).toBe('done')
})
