/** A stranger's number reaches the planner as a reader's answer, who writes it down: it is still not what the owner said. */
import { ownerLabel, systemLabel } from '@castellan/kernel'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { type AnySkill, skill } from '../../packages/server/src/invoke/index.ts'
import { type Gatehouse, openGatehouse } from './gate.ts'

let house: Gatehouse
beforeAll(async () => {
  house = await openGatehouse()
})
afterAll(() => house.close())

const paid: unknown[] = []
const pay = skill<{ to: string; amount: number; from: string }>({
  ...{ name: 'bank.pay', summary: 'Pay.', effect: 'spend', repeat: 'never' },
  args: z.strictObject({ to: z.string(), amount: z.number(), from: z.string() }),
  roles: { to: 'target', amount: 'amount', from: 'account' },
  leaves: ({ to }) => [{ to: { name: to, classes: [] }, what: ['/to', '/amount'] }],
  ...{ output: () => systemLabel, branches: ['success'], deadlineMs: 5_000, perMinute: 1_000 },
  says: ({ to, amount }) => `pay ${amount} to ${to}`,
  async run(args) {
    paid.push(args)
    return { branch: 'success', value: null, labels: { '': systemLabel } }
  },
})
const skills: ReadonlyMap<string, AnySkill> = new Map([[pay.name, pay]])

const words = (text: string) => `${text} from DE89370400440532013000.`
async function paying(text: string, influence: number, args: { amount?: number; from?: string } = {}) {
  paid.length = 0
  const outcome = await house.gate({ skills })(
    house.call({
      ...{ skill: pay.name, allowed: new Set([pay.name]) },
      args: { to: 'acme.example', amount: 990, from: 'DE89370400440532013000', ...args },
      facts: { words: [words(text)], label: ownerLabel, influence },
    }),
  )
  return outcome
}

test('an amount that an answer may have told needs a second proof', async () => {
  const outcome = await paying('Pay the invoice to acme.example', 10)
  expect(paid).toEqual([])
  expect(outcome).toMatchObject({ kind: 'asks', decision: { factor: 'password' } })
  expect(outcome).toMatchObject({
    decision: {
      why: expect.stringContaining('amount came from an answer about sealed content, not from you'),
    },
  })
})

test('and so does an account', async () => {
  const outcome = await paying('Pay 990 EUR to acme.example', 10, { from: 'DE02120300000000202051' })
  expect(outcome).toMatchObject({ kind: 'asks', decision: { factor: 'password' } })
})

test('what the owner said is theirs, whatever was asked besides', async () => {
  expect((await paying('Pay 990 EUR to acme.example', 10)).kind).toBe('done')
  expect(paid).toHaveLength(1)
})

test('where nothing was told, an untainted planner’s number is the owner’s', async () => {
  expect((await paying('Pay the invoice to acme.example', 0)).kind).toBe('done')
})
