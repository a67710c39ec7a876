import { randomUUID } from 'node:crypto'
import { CastellanError, type Json } from '@castellan/contracts'
import { label, openMs, ownerLabel } from '@castellan/kernel'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { loadPolicies } from '../policy/index.ts'
import { saveAnswer } from '../questions/store.ts'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { createBreakers } from './breakers.ts'
import { createGate } from './gate.ts'
import type { GatePorts, Invocation } from './invocation.ts'
import { type AnySkill, type Repeat, skill } from './skill.ts'

const tainted = { words: ['read https://news.example/ please'], label: label(['owner', 'web:news.example']) }
const untainted = { words: ['post it'], label: ownerLabel }

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

/** A skill that records its calls and can be told to fail, hang or die half-way. */
function post(repeat: Repeat = 'never', effect: 'send' | 'execute' = 'send') {
  const calls: unknown[] = []
  const behaviour = { act: async (): Promise<void> => {} }
  const declared = skill<{ url: string; body: string }>({
    name: 'test.post',
    summary: 'Post.',
    effect,
    args: z.strictObject({ url: z.string(), body: z.string() }),
    roles: { url: 'target', body: 'content' },
    leaves: ({ url }) => [{ to: { name: new URL(url).host, classes: [] }, what: ['/url', '/body'] }],
    output: () => label(['web:evil.example']),
    branches: ['success'],
    repeat,
    deadlineMs: 300,
    perMinute: 1_000,
    says: ({ url }) => `post to ${url}`,
    async run(args, context) {
      calls.push({ ...args, key: context.idempotencyKey })
      await behaviour.act()
      return { branch: 'success', value: { ok: true }, labels: { '': label(['web:peer.example']) } }
    },
  })
  return { declared, calls, behaviour }
}

let ports: Omit<GatePorts, 'skills'>
beforeEach(() => {
  const loaded = loadPolicies('')
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  ports = {
    database: db.database,
    authorize: loaded.engine.authorize,
    breakers: createBreakers(),
    clock: { now: Date.now, isSound: () => true },
    leaks: async () => [],
    asked: () => {},
  }
})

function gateFor(declared: AnySkill, changes: Partial<GatePorts> = {}) {
  return createGate({ ...ports, skills: new Map([[declared.name, declared]]), ...changes })
}

function call(changes: Partial<Invocation> = {}): Invocation {
  return {
    tenant: db.tenant,
    principal: ['owner', 'agent:default'],
    allowed: new Set(['test.post']),
    budget: { callsPerDay: 10_000, tokensPerDay: 1_000_000 },
    run: randomUUID(),
    step: 'act.0.0',
    conversation: null,
    skill: 'test.post',
    args: { url: 'https://evil.example/', body: 'canary' },
    facts: untainted,
    openMs: 60_000,
    signal: new AbortController().signal,
    ...changes,
  }
}

async function rowsOf(run: string) {
  const rows = await db.database
    .as(db.tenant)
    .selectFrom('castellan.ledger')
    .select(['kind', 'decision', 'outcome', 'rules'])
    .where('run', '=', run)
    .orderBy('seq')
    .execute()
  return rows.map((row) => `${row.kind}:${row.decision ?? ''}:${row.outcome ?? ''}`)
}

const yes = (id: string, factor: 'click' | 'password' = 'click') =>
  saveAnswer(db.tenant, db.database.as(db.tenant), id, {
    state: 'approved',
    factor,
    by: 'owner',
    via: 'session',
  })

describe('a call that is allowed', () => {
  test('runs once and leaves an intent and an outcome in the ledger', async () => {
    const { declared, calls } = post()
    const made = call()
    const outcome = await gateFor(declared)(made)
    expect(outcome).toMatchObject({ kind: 'done', branch: 'success', value: { ok: true } })
    expect(calls).toHaveLength(1)
    expect(await rowsOf(made.run)).toEqual(['intent:allow:', 'outcome::done:success'])
  })

  test('comes back from the ledger when its step is repeated', async () => {
    const { declared, calls } = post()
    const made = call()
    const invoke = gateFor(declared)
    await invoke(made)
    expect(await invoke(made)).toMatchObject({ kind: 'done', value: { ok: true } })
    expect(calls).toHaveLength(1)
  })
})

describe('a call that is asked about', () => {
  test('does nothing until the yes, which it spends once', async () => {
    const { declared, calls } = post()
    const invoke = gateFor(declared)
    const made = call({ facts: tainted })
    const asked = await invoke(made)
    if (asked.kind !== 'asks') throw new Error(asked.kind)
    expect(asked.decision).toMatchObject({ decision: 'ask', factor: 'click' })
    expect(calls).toHaveLength(0)
    await yes(asked.question)
    expect(await invoke({ ...made, question: asked.question })).toMatchObject({ kind: 'done' })
    expect(calls).toHaveLength(1)
    const second = await invoke({ ...made, step: 'act.0.1', question: asked.question })
    expect(second.kind).not.toBe('done')
    expect(calls).toHaveLength(1)
  })

  test('is refused after a no', async () => {
    const { declared, calls } = post()
    const invoke = gateFor(declared)
    const made = call({ facts: tainted })
    const asked = await invoke(made)
    if (asked.kind !== 'asks') throw new Error(asked.kind)
    await saveAnswer(db.tenant, db.database.as(db.tenant), asked.question, {
      state: 'denied',
      factor: 'none',
      by: 'owner',
      via: 'session',
    })
    expect(await invoke({ ...made, question: asked.question })).toMatchObject({
      kind: 'refused',
      reason: 'owner_said_no',
    })
    expect(calls).toHaveLength(0)
  })

  test('asks anew when the arguments differ from those the yes was given to', async () => {
    const { declared, calls } = post()
    const invoke = gateFor(declared)
    const made = call({ facts: tainted })
    const asked = await invoke(made)
    if (asked.kind !== 'asks') throw new Error(asked.kind)
    await yes(asked.question)
    const swapped = { url: 'https://evil.example/', body: 'something else' }
    const outcome = await invoke({ ...made, args: swapped, question: asked.question })
    expect(outcome.kind).toBe('asks')
    expect(calls).toHaveLength(0)
  })

  test('asks anew when the yes is older than two minutes', async () => {
    const { declared, calls } = post()
    const invoke = gateFor(declared)
    const made = call({ facts: tainted })
    const asked = await invoke(made)
    if (asked.kind !== 'asks') throw new Error(asked.kind)
    await yes(asked.question)
    const late = { decided_at: new Date(Date.now() - 121_000) }
    await db.database
      .as(db.tenant)
      .updateTable('castellan.questions')
      .set(late)
      .where('id', '=', asked.question)
      .execute()
    expect(await invoke({ ...made, question: asked.question })).toMatchObject({ kind: 'asks' })
    expect(calls).toHaveLength(0)
  })

  test('needs a second factor to execute, and a click is not one', async () => {
    const { declared, calls } = post('never', 'execute')
    const invoke = gateFor(declared)
    const made = call()
    const asked = await invoke(made)
    if (asked.kind !== 'asks') throw new Error(asked.kind)
    expect(asked.decision.factor).toBe('password')
    await yes(asked.question, 'click')
    expect((await invoke({ ...made, question: asked.question })).kind).not.toBe('done')
    expect(calls).toHaveLength(0)
  })

  test('runs once when two attempts race to spend one yes', async () => {
    const { declared, calls } = post()
    const invoke = gateFor(declared)
    const made = call({ facts: tainted })
    const asked = await invoke(made)
    if (asked.kind !== 'asks') throw new Error(asked.kind)
    await yes(asked.question)
    const again = { ...made, question: asked.question }
    await Promise.allSettled([invoke(again), invoke(again), invoke(again)])
    expect(calls).toHaveLength(1)
  })
})

describe('after a crash between intent and outcome', () => {
  async function interrupted(repeat: Repeat) {
    const { declared, calls, behaviour } = post(repeat)
    const made = call()
    const crashing = gateFor(declared, { database: dyingAfterIntent() })
    await expect(crashing(made)).rejects.toThrow('killed')
    expect(await rowsOf(made.run)).toEqual(['intent:allow:'])
    return { outcome: await gateFor(declared)(made), calls, behaviour, run: made.run }
  }

  /** A database whose third transaction never comes: the process is gone before it records the outcome. */
  function dyingAfterIntent(): GatePorts['database'] {
    let transactions = 0
    return {
      ...db.database,
      as: (tenant) =>
        new Proxy(db.database.as(tenant), {
          get(handle, name) {
            if (name === 'transaction' && ++transactions > 1) throw new Error('killed')
            const value: unknown = Reflect.get(handle, name)
            return typeof value === 'function' ? value.bind(handle) : value
          },
        }),
    }
  }

  test('an unrepeatable effect is said to be unknown and not done again', async () => {
    const { outcome, calls, run } = await interrupted('never')
    expect(outcome.kind).toBe('unknown')
    expect(calls).toHaveLength(1)
    expect(await rowsOf(run)).toEqual(['intent:allow:', 'outcome::unknown'])
  })

  test('a keyed effect is done again with the same key', async () => {
    const { outcome, calls } = await interrupted('keyed')
    expect(outcome.kind).toBe('done')
    expect(calls).toHaveLength(2)
    expect(new Set(calls.map((each) => (each as { key: string }).key)).size).toBe(1)
  })
})

describe('the gate is closed', () => {
  test.each<[string, Partial<Invocation>, Partial<GatePorts>, object]>([
    [
      'to a skill the persona may not use',
      { allowed: new Set() },
      {},
      { kind: 'refused', reason: 'not_allowed_for_persona' },
    ],
    [
      'to a skill that does not exist',
      { skill: 'test.none' },
      {},
      { kind: 'refused', reason: 'unknown_skill' },
    ],
    [
      'to unknown arguments',
      { args: { url: 'https://a.example/', body: '', bcc: 'x' } as Json },
      {},
      { kind: 'failed', code: 'bad_request' },
    ],
    [
      'when the clock was set back',
      {},
      { clock: { now: Date.now, isSound: () => false } },
      { kind: 'refused', reason: 'clock' },
    ],
    [
      'to a secret that would leave',
      {},
      { leaks: async () => ['BANK_PASSWORD'] },
      { kind: 'refused', reason: 'secret_leak' },
    ],
    [
      'when the budget is spent',
      { budget: { callsPerDay: 0, tokensPerDay: 0 } },
      {},
      { kind: 'refused', reason: 'budget_spent' },
    ],
    [
      'when a policy cannot be evaluated',
      {},
      { authorize: () => ({ allowed: true, rules: ['x'], errors: ['forbid-x: type error'] }) },
      { kind: 'refused', reason: 'policy' },
    ],
  ])('%s', async (_name, invocation, changes, expected) => {
    const { declared, calls } = post()
    expect(await gateFor(declared, changes)(call(invocation))).toMatchObject(expected)
    expect(calls).toHaveLength(0)
  })

  test('and says nothing but refusals while the database is away', async () => {
    const { declared, calls } = post()
    const gone = {
      ...db.database,
      as: () => {
        throw new Error('ECONNREFUSED')
      },
    }
    await expect(gateFor(declared, { database: gone as never })(call())).rejects.toThrow()
    expect(calls).toHaveLength(0)
  })

  test('for a service that failed three times in a row, until its pause is over', async () => {
    const { declared, calls, behaviour } = post('safe')
    behaviour.act = async () => {
      throw new CastellanError('outside_failed', 'The service is down.')
    }
    let now = Date.now()
    const invoke = gateFor(declared, {
      breakers: createBreakers(() => now),
      clock: { now: () => now, isSound: () => true },
    })
    for (let n = 0; n < 3; n++)
      expect(await invoke(call())).toMatchObject({ kind: 'failed', code: 'outside_failed' })
    expect(await invoke(call())).toMatchObject({ kind: 'failed', code: 'circuit_open' })
    expect(calls).toHaveLength(3)
    now += openMs
    behaviour.act = async () => {}
    expect(await invoke(call())).toMatchObject({ kind: 'done' })
  })
})

test('a probe that could not be recorded is given back, so that the next call may try', async () => {
  const { declared, calls } = post()
  const now = Date.now() + openMs
  const clock = { now: () => now, isSound: () => true }
  const breakers = createBreakers(() => now - openMs)
  for (let n = 0; n < 3; n++) breakers.admit('test.post', now - openMs).settle('failed')
  const gone = {
    ...db.database,
    as: (tenant: TestDatabase['tenant']) =>
      new Proxy(db.database.as(tenant), {
        get(handle, name) {
          if (name === 'transaction') throw new Error('ECONNRESET')
          const value: unknown = Reflect.get(handle, name)
          return typeof value === 'function' ? value.bind(handle) : value
        },
      }),
  }
  await expect(gateFor(declared, { breakers, clock, database: gone })(call())).rejects.toThrow('ECONNRESET')
  expect(await gateFor(declared, { breakers, clock })(call())).toMatchObject({ kind: 'done' })
  expect(calls).toHaveLength(1)
})

test('refusals of our own never open a circuit', async () => {
  const { declared, calls, behaviour } = post('safe')
  behaviour.act = async () => {
    throw new CastellanError('address_refused', 'Not on the public internet.')
  }
  const invoke = gateFor(declared)
  for (let n = 0; n < 5; n++) expect(await invoke(call())).toMatchObject({ code: 'address_refused' })
  expect(calls).toHaveLength(5)
})

test('an unrepeatable call that is cut off at its deadline is said to be unknown', async () => {
  const { declared, behaviour } = post('never')
  behaviour.act = () => new Promise(() => {})
  expect((await gateFor(declared)(call())).kind).toBe('unknown')
})
