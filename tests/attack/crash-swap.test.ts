/** Between the intent and the outcome the house goes down, and comes back with something else: what was decided is not that. */
import { randomUUID } from 'node:crypto'
import type { Json } from '@castellan/contracts'
import { label, ownerLabel, systemLabel } from '@castellan/kernel'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import {
  type AnySkill,
  type GatePorts,
  type Invocation,
  skill,
} from '../../packages/server/src/invoke/index.ts'
import { type Gatehouse, openGatehouse } from './gate.ts'

let house: Gatehouse
beforeAll(async () => {
  house = await openGatehouse()
})
afterAll(() => house.close())

const asked: string[] = []
/** Asking a model, as the agent declares it: safe to be asked again. */
const generate = skill<{ model: string; local: boolean; conversation: string }>({
  ...{ name: 'model.generate', summary: 'Ask.', effect: 'send', repeat: 'safe' },
  args: z.strictObject({ model: z.string(), local: z.boolean(), conversation: z.string() }),
  roles: { model: 'target', local: 'option', conversation: 'content' },
  leaves: ({ model, local }) => [
    {
      to: { name: `model:${model}`, classes: local ? ['models', 'models:local'] : ['models'] },
      what: ['/conversation'],
    },
  ],
  ...{ output: () => systemLabel, branches: ['success'], deadlineMs: 5_000, perMinute: 1_000 },
  says: ({ model }) => `ask ${model}`,
  async run({ model }) {
    asked.push(model)
    return { branch: 'success', value: null, labels: { '': systemLabel } }
  },
})

/** A database whose second transaction never comes: the process is gone before it records the outcome. */
function dyingAfterIntent(): GatePorts['database'] {
  const { database } = house.db
  let transactions = 0
  return {
    ...database,
    as: (tenant) =>
      new Proxy(database.as(tenant), {
        get(handle, name) {
          if (name === 'transaction' && ++transactions > 1) throw new Error('killed')
          const value: unknown = Reflect.get(handle, name)
          return typeof value === 'function' ? value.bind(handle) : value
        },
      }),
  }
}

const skills: ReadonlyMap<string, AnySkill> = new Map([[generate.name, generate]])

function thought(args: Json, readers: readonly string[] | 'everyone'): Partial<Invocation> {
  return {
    ...{ run: randomUUID(), skill: generate.name, args, facts: { words: [], label: ownerLabel } },
    references: { '': systemLabel, '/conversation': label(['owner'], readers) },
  }
}

const here = { model: 'here', local: true, conversation: 'c' }
const away = { model: 'away', local: false, conversation: 'c' }

async function interrupted(before: Partial<Invocation>, after: Partial<Invocation>) {
  asked.length = 0
  const made = house.call(before)
  await expect(house.gate({ skills, database: dyingAfterIntent() })(made)).rejects.toThrow('killed')
  const outcome = await house.gate({ skills })({ ...made, ...after, run: made.run })
  return {
    outcome,
    rows: (await house.rows(made.run)).map(({ kind, outcome }) => `${kind}:${outcome ?? ''}`),
  }
}

test('what may be read on this machine only is not sent to the model that took its place', async () => {
  const secret = ['models:local', 'owner']
  const { outcome, rows } = await interrupted(thought(here, secret), thought(away, secret))
  expect(asked).toEqual(['here'])
  expect(outcome).toMatchObject({ kind: 'failed', code: 'conflict', retryable: true })
  expect(rows).toEqual(['intent:', 'outcome:failed:conflict'])
})

test('nor to the same model, when what it would be sent has become more private', async () => {
  const { outcome } = await interrupted(thought(away, 'everyone'), thought(away, ['models:local', 'owner']))
  expect(asked).toEqual(['away'])
  expect(outcome).toMatchObject({ kind: 'failed', code: 'conflict' })
})

test('where nothing has changed it is asked again', async () => {
  const { outcome } = await interrupted(thought(away, 'everyone'), {})
  expect(asked).toEqual(['away', 'away'])
  expect(outcome.kind).toBe('done')
})
