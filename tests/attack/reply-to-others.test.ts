/** An answer is given where others read it too. What it holds must be theirs to read, or the owner is asked. */
import { randomUUID } from 'node:crypto'
import type { Label } from '@castellan/contracts'
import { label, ownerLabel, systemLabel } from '@castellan/kernel'
import { afterAll, describe, expect, test } from 'vitest'
import {
  type Channel,
  replyReaches,
  replySkill,
  replySkillName,
} from '../../packages/server/src/agent/reply.ts'
import { createBreakers, createGate } from '../../packages/server/src/invoke/index.ts'
import { loadPolicies } from '../../packages/server/src/policy/index.ts'
import { testDatabase } from '../../packages/server/src/testing/database.ts'

const db = await testDatabase()
afterAll(() => db.close())
const delivered: string[] = []
const loaded = loadPolicies('')
if ('problems' in loaded) throw new Error('the shipped policies do not load')
const invoke = createGate({
  database: db.database,
  authorize: loaded.engine.authorize,
  skills: new Map([[replySkillName, replySkill(async (_channel, text) => void delivered.push(text))]]),
  breakers: createBreakers(),
  clock: { now: Date.now, isSound: () => true },
  leaks: async (_tenant, _run, text) => (text.includes('hunter2-canary') ? ['SAFE'] : []),
  asked: () => {},
})

/** An answer made of something with this label, in a run that has read it. */
async function answer(channel: Channel, of: Label, text = 'The figs are ripe.') {
  delivered.length = 0
  const outcome = await invoke({
    tenant: db.tenant,
    ...{ run: randomUUID(), step: 'reply', conversation: null, skill: replySkillName },
    principal: ['owner', 'agent:default'],
    allowed: new Set([replySkillName]),
    budget: { callsPerDay: 1_000, tokensPerDay: 1_000 },
    args: { ...channel, text },
    references: { '/kind': systemLabel, '/id': systemLabel, '/text': of },
    facts: { words: ['Are the figs ripe?'], label: of },
    openMs: 60_000,
    signal: new AbortController().signal,
  })
  return { outcome, delivered: [...delivered] }
}

const group = { kind: 'telegram', id: 'garden-club' }
const memory = label(['owner'], ['models', 'owner'])
const members = label(['member:7'], ['member:7'])

describe('in a shared channel', () => {
  test('what everyone may read is answered at once', async () => {
    expect((await answer(group, ownerLabel)).delivered).toHaveLength(1)
  })

  test.each([
    ['the owner’s file', memory],
    ['what nothing is known of', label(['unknown'], ['owner'])],
    ['a member’s memory', members],
    ['what a stranger wrote', label(['web:x.example'])],
  ])('%s is asked about', async (_what, of) => {
    const { outcome, delivered: sent } = await answer(group, of)
    expect([outcome.kind, sent]).toEqual(['asks', []])
  })

  test('a vault value is not even asked about', async () => {
    const { outcome } = await answer(group, ownerLabel, 'It is hunter2-canary.')
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'secret_leak' })
  })
})

describe('with a member alone', () => {
  test('their own things are told, the owner’s and another member’s are asked about', async () => {
    const theirs = label(['owner'], ['member:7', 'owner'])
    expect((await answer({ kind: 'member', id: '7' }, theirs)).delivered).toHaveLength(1)
    expect((await answer({ kind: 'member', id: '7' }, memory)).outcome.kind).toBe('asks')
    expect((await answer({ kind: 'member', id: '8' }, theirs)).outcome.kind).toBe('asks')
  })
})

test('only channels that end at the owner reach nobody; one that nobody thought of is shared', () => {
  expect(replyReaches({ kind: 'web', id: '' })).toEqual([])
  expect(replyReaches({ kind: 'terminal', id: '' })).toEqual([])
  expect(replyReaches({ kind: 'unheard-of', id: 'x' })).toHaveLength(1)
})
