/** A yes is used again: by the same run, by another one, at once, after a restart, or long after it was given. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { saveAnswer } from '../../packages/server/src/questions/store.ts'
import { type Gatehouse, openGatehouse, questionOf } from './gate.ts'

let house: Gatehouse
beforeAll(async () => {
  house = await openGatehouse()
})
afterAll(() => house.close())
beforeEach(() => {
  house.done.length = 0
})

/** A call that was asked about and answered with yes. */
async function approved() {
  const call = house.call()
  const asked = await house.gate()(call)
  await house.yes(asked)
  return { ...call, question: questionOf(asked) }
}

describe('a yes that was spent', () => {
  test.each([
    ['for the next step of the run', () => ({ step: 'act.0.1' })],
    ['by another run', () => ({ run: randomUUID() })],
  ])('is worth nothing %s', async (_name, change) => {
    const call = await approved()
    expect((await house.gate()(call)).kind).toBe('done')
    const again = await house.gate()({ ...call, ...change() })
    expect(again.kind).not.toBe('done')
    expect(house.done).toHaveLength(1)
  })

  test('is worth nothing after a restart, which finds what came of it', async () => {
    const call = await approved()
    const first = await house.gate()(call)
    expect(await house.gate()(call)).toEqual(first)
    expect((await house.gate()({ ...call, step: 'act.9.9' })).kind).not.toBe('done')
    expect(house.done).toHaveLength(1)
  })

  test('was spent once, however many try at the same time', async () => {
    const call = await approved()
    const steps = Array.from({ length: 8 }, (_, n) => ({ ...call, step: n < 4 ? call.step : `act.0.${n}` }))
    await Promise.allSettled(steps.map((each) => house.gate()(each)))
    expect(house.done).toHaveLength(1)
  })
})

describe('a yes that was not spent', () => {
  test('is worth nothing to a run it was not given to', async () => {
    const call = await approved()
    expect((await house.gate()({ ...call, run: randomUUID() })).kind).not.toBe('done')
    expect(house.done).toHaveLength(0)
  })

  test('is worth nothing two minutes later', async () => {
    const call = await approved()
    await house.db.database
      .as(house.db.tenant)
      .updateTable('castellan.questions')
      .set({ decided_at: new Date(Date.now() - 121_000) })
      .where('id', '=', call.question)
      .execute()
    const outcome = await house.gate()(call)
    expect(outcome.kind).toBe('asks')
    expect(questionOf(outcome)).not.toBe(call.question)
    expect(house.done).toHaveLength(0)
  })
})

describe('an answer that comes too late', () => {
  const answer = { state: 'approved' as const, factor: 'passkey' as const, by: 'owner', via: 'session' }

  test('to a question that ran out changes nothing', async () => {
    const call = house.call({ openMs: 0 })
    const asked = await house.gate()(call)
    expect(await house.yes(asked)).toBe(false)
    expect((await house.gate()({ ...call, question: questionOf(asked) })).kind).not.toBe('done')
    expect(house.done).toHaveLength(0)
  })

  test.each(['denied', 'approved'] as const)(
    'to a question that was %s does not turn it round',
    async (state) => {
      const call = house.call()
      const question = questionOf(await house.gate()(call))
      const { tenant, database } = house.db
      const first = { ...answer, state, factor: state === 'denied' ? ('none' as const) : ('click' as const) }
      expect(await saveAnswer(tenant, database.as(tenant), question, first)).not.toBeNull()
      const other = state === 'denied' ? answer : { ...answer, state: 'denied' as const }
      expect(await saveAnswer(tenant, database.as(tenant), question, other)).toBeNull()
      expect((await house.gate()({ ...call, question })).kind).toBe(state === 'denied' ? 'refused' : 'done')
    },
  )

  test('of two that race, one counts', async () => {
    const question = questionOf(await house.gate()(house.call()))
    const { tenant, database } = house.db
    const both = [answer, { ...answer, state: 'denied' as const }, answer]
    const saved = await Promise.all(
      both.map((each) => saveAnswer(tenant, database.as(tenant), question, each)),
    )
    expect(saved.filter((each) => each !== null)).toHaveLength(1)
  })
})

test('a question that was made up is no yes', async () => {
  for (const question of [randomUUID(), '00000000-0000-0000-0000-000000000000']) {
    expect((await house.gate()(house.call({ question }))).kind).toBe('asks')
  }
  expect(house.done).toHaveLength(0)
})
