/** Answers that meet: two channels at once, a no beside a yes that endorses, a yes that arrives as the policy tightens. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { loadPolicies } from '../../packages/server/src/policy/index.ts'
import { createQuestions, type Questions } from '../../packages/server/src/questions/index.ts'
import { ownerIdentity } from '../../packages/server/src/testing/identity.ts'
import { type Gatehouse, openGatehouse, questionOf } from './gate.ts'

let house: Gatehouse
let questions: Questions
const woken: string[] = []
beforeAll(async () => {
  house = await openGatehouse()
  questions = createQuestions({
    database: house.db.database,
    publish: () => {},
    wake: async ({ id }) => void woken.push(id),
  })
})
afterAll(() => house.close())
beforeEach(() => {
  house.done.length = 0
  woken.length = 0
})

const by = (via: 'session' | 'local-token') => ({
  ...{ tenant: house.db.tenant, principal: 'owner' as const, via, address: '127.0.0.1' },
})

test('of a yes in the page and a no in the terminal, one counts, is recorded and wakes the run', async () => {
  for (let n = 0; n < 8; n++) {
    woken.length = 0
    const call = house.call()
    const question = questionOf(await house.gate()(call))
    const yes = () => questions.approve(by('session'), question, { endorse: ['/url'] })
    const no = () => questions.deny(by('local-token'), question)
    const both = await Promise.allSettled(n % 2 === 0 ? [yes(), no()] : [no(), yes()])
    const [winner, ...others] = both.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(others).toEqual([])
    const loser = both.find((each) => each.status === 'rejected')
    expect(loser?.reason).toMatchObject({ code: 'conflict' })
    expect(await questions.get(ownerIdentity, question)).toMatchObject({
      state: winner?.state,
      decided_via: winner?.decided_via,
      endorsed: winner?.state === 'approved' ? ['/url'] : [],
    })
    const answers = (await house.rows(call.run)).filter(({ kind }) => kind === 'approval')
    expect(answers.map(({ outcome }) => outcome)).toEqual([winner?.state])
    expect(woken).toEqual([question])
    const outcome = await house.gate()({ ...call, question })
    expect(outcome.kind).toBe(winner?.state === 'approved' ? 'done' : 'refused')
  }
})

test('a policy that tightens between the decision and the yes being spent wins', async () => {
  const [loose, tight] = ['', '@id("no") forbid (principal, action, resource);'].map((file) => {
    const loaded = loadPolicies(file)
    if ('problems' in loaded) throw new Error('unreadable')
    return loaded.engine.authorize
  })
  if (loose === undefined || tight === undefined) throw new Error('unreadable')
  let authorize = loose
  const call = house.call()
  const question = questionOf(await house.gate()(call))
  await house.yes({ kind: 'asks', question } as never, 'passkey')
  const gate = house.gate({
    authorize: (request) => authorize(request),
    // Secrets are looked for after the decision and before the yes is spent.
    async leaks() {
      authorize = tight
      return []
    },
  })
  expect(await gate({ ...call, question })).toMatchObject({ kind: 'refused', reason: 'policy' })
  expect(house.done).toEqual([])
})
