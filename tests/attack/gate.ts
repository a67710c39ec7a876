/** The gate for attack tests: the real one over PostgreSQL and Cedar, with skills that only note that they were run. */
import { randomUUID } from 'node:crypto'
import type { Effect, Factor } from '@castellan/contracts'
import { label, ownerLabel } from '@castellan/kernel'
import * as z from 'zod'
import {
  type AnySkill,
  createBreakers,
  createGate,
  type GatePorts,
  type Invocation,
  type Outcome,
  skill,
} from '../../packages/server/src/invoke/index.ts'
import { loadPolicies } from '../../packages/server/src/policy/index.ts'
import { saveAnswer } from '../../packages/server/src/questions/store.ts'
import { type TestDatabase, testDatabase } from '../../packages/server/src/testing/database.ts'

/** A run that has read a foreign page. */
export const tainted = { words: [] as string[], label: label(['owner', 'web:news.example']) }
/** A run that has read nothing. */
export const untainted = { words: [] as string[], label: ownerLabel }

export type Gatehouse = Awaited<ReturnType<typeof openGatehouse>>

/** Opens a gate with one skill per effect (`test.read`, `test.send` …) and `model.generate`. Call `close` in `afterAll`. */
export async function openGatehouse() {
  const db = await testDatabase()
  const done: { skill: string; args: unknown }[] = []
  const names = ['read', 'write', 'send', 'publish', 'spend', 'execute', 'grant', 'admin'] as const
  const declared = [
    ...names.map((effect) => noting(`test.${effect}`, effect, done)),
    noting('test.other', 'send', done),
    noting('model.generate', 'send', done),
  ]
  const skills = new Map(declared.map((each) => [each.name, each]))
  return {
    /** What was really done, in order. */
    done,
    db,
    skills: skills as ReadonlyMap<string, AnySkill>,
    /** A gate as a process has it: another one stands for a restart. */
    gate: (changes: Partial<GatePorts> & { policy?: string } = {}) => gateOver(db, skills, changes),
    call: (changes: Partial<Invocation> = {}) => callOf(db, skills, changes),
    /** The owner's yes; false when it came too late. */
    async yes(outcome: Outcome, factor: Factor = 'click') {
      if (outcome.kind !== 'asks') throw new Error(`not asked: ${outcome.kind}`)
      const answer = { state: 'approved' as const, factor, by: 'owner', via: 'session' }
      return (await saveAnswer(db.tenant, db.database.as(db.tenant), outcome.question, answer)) !== null
    },
    /** The owner's no. */
    async no(outcome: Outcome) {
      const answer = { state: 'denied' as const, factor: 'none' as const, by: 'owner', via: 'session' }
      await saveAnswer(db.tenant, db.database.as(db.tenant), questionOf(outcome), answer)
    },
    async rows(run: string) {
      const handle = db.database.as(db.tenant)
      const columns = ['kind', 'decision', 'outcome', 'rules'] as const
      return handle
        .selectFrom('castellan.ledger')
        .select(columns)
        .where('run', '=', run)
        .orderBy('seq')
        .execute()
    },
    close: () => db.close(),
  }
}

/** The question's id. */
export function questionOf(outcome: Outcome): string {
  if (outcome.kind !== 'asks') throw new Error(`not asked: ${outcome.kind}`)
  return outcome.question
}

function gateOver(
  db: TestDatabase,
  skills: ReadonlyMap<string, AnySkill>,
  { policy = '', ...changes }: Partial<GatePorts> & { policy?: string },
) {
  const loaded = loadPolicies(policy)
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  return createGate({
    database: db.database,
    authorize: loaded.engine.authorize,
    skills,
    breakers: createBreakers(),
    clock: { now: Date.now, isSound: () => true },
    leaks: async () => [],
    asked: () => {},
    ...changes,
  })
}

function callOf(
  db: TestDatabase,
  skills: ReadonlyMap<string, AnySkill>,
  changes: Partial<Invocation>,
): Invocation {
  return {
    tenant: db.tenant,
    principal: ['owner', 'agent:default'],
    allowed: new Set(skills.keys()),
    budget: { callsPerDay: 10_000, tokensPerDay: 1_000_000 },
    run: randomUUID(),
    step: 'act.0.0',
    conversation: null,
    skill: 'test.send',
    args: { url: 'https://peer.example/', body: 'hello' },
    facts: tainted,
    openMs: 60_000,
    signal: new AbortController().signal,
    ...changes,
  }
}

function noting(name: string, effect: Effect, done: { skill: string; args: unknown }[]): AnySkill {
  return skill<{ url: string; body: string; to?: Record<string, string> | undefined }>({
    name,
    summary: 'Act.',
    effect,
    args: z.strictObject({
      url: z.string(),
      body: z.string(),
      to: z.record(z.string(), z.string()).optional(),
    }),
    roles: { url: 'target', body: 'content', to: 'target' },
    leaves: ({ url }) => [{ to: { name: hostOf(url), classes: [] }, what: ['/url', '/body', '/to'] }],
    output: () => label(['web:peer.example']),
    branches: ['success'],
    repeat: 'never',
    deadlineMs: 5_000,
    perMinute: 100_000,
    says: ({ url }) => `act on ${url}`,
    async run(args) {
      done.push({ skill: name, args })
      return { branch: 'success', value: null, labels: { '': label(['web:peer.example']) } }
    },
  })
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}
