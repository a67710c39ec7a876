/** Asking until someone clicks: the same question again after a no, and so many questions that a yes becomes a habit. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Invocation } from '../../packages/server/src/invoke/index.ts'
import { createQuestions, type Questions } from '../../packages/server/src/questions/index.ts'
import { questionsPerRun } from '../../packages/server/src/questions/run.ts'
import { ownerIdentity } from '../../packages/server/src/testing/identity.ts'
import { type Gatehouse, openGatehouse, questionOf } from './gate.ts'

let house: Gatehouse
let questions: Questions
beforeAll(async () => {
  house = await openGatehouse()
  questions = createQuestions({
    database: house.db.database,
    publish: () => {},
    wake: async () => {},
  })
})
afterAll(() => house.close())
beforeEach(() => {
  house.done.length = 0
})

const owner = () => ({
  ...{
    tenant: house.db.tenant,
    principal: 'owner' as const,
    via: 'local-token' as const,
    address: '127.0.0.1',
  },
})

/** One more call of a run, which differs from all before. */
const another = (run: string): Invocation =>
  house.call({ run, step: randomUUID(), args: { url: 'https://peer.example/', body: randomUUID() } })

/** A run that has asked as often as it may, and the call that wants to ask once more. */
async function tired(answers = 'no') {
  const run = randomUUID()
  for (let n = 0; n < questionsPerRun; n++) {
    const call = another(run)
    const asked = await house.gate()(call)
    if (answers === 'no') await house.no(asked)
    else if (await house.yes(asked)) await house.gate()({ ...call, question: questionOf(asked) })
  }
  house.done.length = 0
  const call = another(run)
  const question = questionOf(await house.gate()(call))
  return { run, call, question }
}

describe('a run that asks too often', () => {
  test.each(['yes', 'no'])('is paused, whatever was answered (%s)', async (answers) => {
    const { question } = await tired(answers)
    const pause = await questions.get(ownerIdentity, question)
    expect(pause).toMatchObject({ kind: 'pause', arguments: [], factor: 'click', endorsable: null })
    expect(pause.sentence).toBe('This run has asked five times. It is paused so that a yes stays a decision.')
    expect(pause.why).toContain(`approved ${answers === 'yes' ? 'five' : 'none'}`)
  })

  test('is not let go on by a yes, only by going on', async () => {
    const { call, question } = await tired()
    await expect(questions.approve(owner(), question, {})).rejects.toMatchObject({ code: 'conflict' })
    expect((await questions.get(ownerIdentity, question)).state).toBe('open')
    expect(questionOf(await house.gate()({ ...call, question }))).toBe(question)
    expect(house.done).toEqual([])
  })

  test('asks on when it may go on, and going on approved nothing', async () => {
    const { run, call, question } = await tired()
    await questions.approve(owner(), question, { go_on: true })
    const asked = await house.gate()({ ...call, question })
    expect((await questions.get(ownerIdentity, questionOf(asked))).kind).toBe('call')
    expect(house.done).toEqual([])
    expect((await house.rows(run)).filter(({ outcome }) => outcome === 'gone_on')).toHaveLength(1)
    // A crash after the pause was spent: the step comes again with it, and finds its question.
    expect(questionOf(await house.gate()({ ...call, question }))).toBe(questionOf(asked))
  })

  test('is paused again after as many questions more', async () => {
    const { run, call, question } = await tired()
    await questions.approve(owner(), question, { go_on: true })
    await house.gate()({ ...call, question })
    for (let n = 1; n < questionsPerRun; n++) await house.gate()(another(run))
    const last = await questions.get(ownerIdentity, questionOf(await house.gate()(another(run))))
    expect(last).toMatchObject({ kind: 'pause' })
    expect(last.sentence).toContain('ten times')
  })

  test('stays paused over a restart, and its step finds the same pause', async () => {
    const { call, question } = await tired()
    expect(questionOf(await house.gate()(call))).toBe(question)
    expect(house.done).toEqual([])
  })

  test('does nothing more once it was stopped there', async () => {
    const { call, question } = await tired()
    await questions.deny(owner(), question)
    expect(await house.gate()({ ...call, question })).toMatchObject({ kind: 'refused', reason: 'stopped' })
    expect(house.done).toEqual([])
  })

  test('gains nothing from the pause of another run', async () => {
    const other = await tired()
    await questions.approve(owner(), other.question, { go_on: true })
    const { call, question } = await tired()
    const outcome = await house.gate()({ ...call, question: other.question })
    expect((await questions.get(ownerIdentity, questionOf(outcome))).kind).toBe('pause')
    expect((await questions.get(ownerIdentity, other.question)).state).toBe('approved')
    await house.gate()({ ...other.call, question: other.question })
    const later = await house.gate()({ ...call, question: other.question })
    expect((await questions.get(ownerIdentity, questionOf(later))).kind).toBe('pause')
    expect(question).not.toBe(other.question)
  })

  test('and a call is not approved by what goes on a pause', async () => {
    const question = questionOf(await house.gate()(house.call()))
    await expect(questions.approve(owner(), question, { go_on: true })).rejects.toMatchObject({
      code: 'conflict',
    })
    expect((await questions.get(ownerIdentity, question)).state).toBe('open')
  })
})

describe('the same question after a no', () => {
  test.each<[string, (call: Invocation) => Partial<Invocation>]>([
    ['in the next step', () => ({})],
    ['with its arguments in another order', ({ args }) => ({ args: turned(args as object) })],
  ])('is not asked %s', async (_name, change) => {
    const call = house.call()
    await house.no(await house.gate()(call))
    for (let n = 0; n < 3; n++) {
      const again = { ...call, step: `act.1.${n}`, ...change(call) }
      expect(await house.gate()(again)).toMatchObject({ kind: 'refused', reason: 'owner_said_no' })
    }
    expect(await questions.list(ownerIdentity, 'open').then((all) => all.filter(isOf(call)))).toEqual([])
    expect(house.done).toEqual([])
  })

  test('is not done unasked either, where the policy has come to allow it', async () => {
    const call = house.call()
    await house.no(await house.gate()(call))
    const looser = house.gate({ policy: '@id("yes") permit (principal, action, resource);' })
    expect(await looser({ ...call, step: 'act.9.9' })).toMatchObject({ reason: 'owner_said_no' })
    expect(house.done).toEqual([])
  })

  test('is not asked by way of another question either', async () => {
    const run = randomUUID()
    const call = house.call({ run })
    await house.no(await house.gate()(call))
    const other = another(run)
    const question = questionOf(await house.gate()(other))
    expect(await house.gate()({ ...call, step: other.step, question })).toMatchObject({
      reason: 'owner_said_no',
    })
    expect(house.done).toEqual([])
  })

  test('is asked when the owner asks for it in a new run', async () => {
    const call = house.call()
    await house.no(await house.gate()(call))
    expect((await house.gate()({ ...call, run: randomUUID() })).kind).toBe('asks')
  })
})

const turned = (args: object) => Object.fromEntries(Object.entries(args).toReversed())
const isOf =
  ({ run }: Invocation) =>
  (question: { run: string }) =>
    question.run === run
