/**
 * Between the question and the yes, somebody changes what the conversation holds: the call that the model wrote, or the
 * result that a reference of it names. And a durable run that asks too often is paused, goes on, and is stopped.
 */
import type { QuestionView } from '@castellan/contracts'
import { label } from '@castellan/kernel'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { launchDbos, stopDbos } from '../../packages/server/src/adapters/dbos.ts'
import {
  type Agent,
  createAgent,
  createLive,
  type ModelPort,
  modelSkill,
  type Persona,
  turnVersion,
} from '../../packages/server/src/agent/index.ts'
import { createBreakers, createGate, skill } from '../../packages/server/src/invoke/index.ts'
import type { Answer, Prompt } from '../../packages/server/src/models/index.ts'
import { loadPolicies } from '../../packages/server/src/policy/index.ts'
import { createQuestions, type Questions } from '../../packages/server/src/questions/index.ts'
import { type TestDatabase, testDatabase } from '../../packages/server/src/testing/database.ts'
import { ownerIdentity } from '../../packages/server/src/testing/identity.ts'

const sent: { to: string; text: string }[] = []
const page = label(['web:news.example'])
const base = { branches: ['success'], deadlineMs: 5_000, perMinute: 1_000 } as const

const read = skill<{ url: string }>({
  ...base,
  ...{ name: 'page.read', summary: 'Read.', effect: 'read', repeat: 'safe' },
  args: z.strictObject({ url: z.string() }),
  roles: { url: 'target' },
  shape: ['/contact'],
  output: () => page,
  says: ({ url }) => `read ${url}`,
  run: async () => ({
    ...{ branch: 'success', value: { contact: 'nora@a.example' }, labels: { '': page } },
  }),
})
const send = skill<{ to: string; text: string }>({
  ...base,
  ...{ name: 'mail.send', summary: 'Send.', effect: 'send', repeat: 'never' },
  args: z.strictObject({ to: z.string(), text: z.string() }),
  roles: { to: 'target', text: 'content' },
  leaves: ({ to }) => [{ to: { name: to, classes: [] }, what: ['/to', '/text'] }],
  output: () => page,
  says: ({ to }) => `send to ${to}`,
  async run(args) {
    sent.push(args)
    return { branch: 'success', value: 'sent', labels: { '': label(['system']) } }
  },
})

let script: (prompt: Prompt) => Partial<Answer> = () => ({ text: 'Hello.' })
const model: ModelPort = {
  choose: async () => ({ name: 'scripted', reader: { name: 'model:scripted', classes: ['models'] } }),
  answer: async (_tenant, _name, prompt) => ({
    ...{ text: '', toolCalls: [], usage: { input_tokens: 1, output_tokens: 1 }, finish: 'stop' as const },
    ...script(prompt),
  }),
}
/** One reads what it reads; to the other it is sealed. */
const persona: Persona = {
  ...{ name: 'default', prompt: '', tier: 'medium', stepsPerRun: 30, sealed: false, influenceBits: 32 },
  skills: new Set(['page.read', 'mail.send']),
  budget: { callsPerDay: 1_000, tokensPerDay: 100_000_000 },
}

const personas = new Map(
  [persona, { ...persona, name: 'sealing', sealed: true }].map((each) => [each.name, each]),
)

let db: TestDatabase
let agent: Agent
let questions: Questions
beforeAll(async () => {
  db = await testDatabase()
  const loaded = loadPolicies('')
  if ('problems' in loaded) throw new Error('the shipped policies do not load')
  const publish = () => {}
  const live = createLive(publish)
  const skills = new Map([read, send, modelSkill(model, live)].map((each) => [each.name, each]))
  const { database } = db
  const invoke = createGate({
    ...{ database, skills, authorize: loaded.engine.authorize, breakers: createBreakers() },
    clock: { now: Date.now, isSound: () => true },
    leaks: async () => [],
    asked: publish,
  })
  agent = createAgent(
    {
      ...{ database, invoke, skills, publish, models: model, personas: personas, speaks: () => {} },
      claimFiles: async () => [],
      questionOpenMs: () => 60_000,
      report: (message, facts) => console.error(message, facts),
    },
    live,
  )
  questions = createQuestions({
    ...{ database, publish, wake: (question) => agent.wake(question) },
  })
  const log = { debug: () => {}, warn: () => {}, error: console.error }
  await launchDbos({ url: db.url, pool: database.pool, version: turnVersion, log })
})
afterAll(async () => {
  await stopDbos()
  await db.close()
})

const owner = () => ({
  ...{ tenant: db.tenant, principal: 'owner' as const, via: 'session' as const, address: '127.0.0.1' },
})
const results = ({ messages }: Prompt) =>
  messages.flatMap((each) => (each.role === 'tool' ? [each.text] : []))
const mail = (to: string, text = 'Hi.') => ({
  toolCalls: [{ id: `m${text.length}${to}`, name: 'mail.send', args: { to, text } }],
})

async function say(text: string, persona = 'default'): Promise<string> {
  const { id } = await agent.newConversation(ownerIdentity, { persona, channel: 'web' })
  return (await agent.accept(ownerIdentity, id, { text, channel: 'web' })).run
}

/** The question that a run waits with, other than one that is known. */
async function questionOf(run: string, not?: string): Promise<QuestionView> {
  return vi.waitFor(
    async () => {
      const open = await questions.list(ownerIdentity, 'open')
      const found = open.find((each) => each.run === run && each.id !== not)
      if (found === undefined) throw new Error('no question')
      return found
    },
    { timeout: 10_000 },
  )
}

/** Rewrites a stored line of a run, as whoever owns the database could. */
async function edit(run: string, step: RegExp, kind: 'agent' | 'call', from: string, to: string) {
  const handle = db.database.as(db.tenant)
  const lines = await handle
    .selectFrom('castellan.entries')
    .select(['id', 'step', 'body'])
    .where('run_id', '=', run)
    .where('kind', '=', kind)
    .execute()
  const line = lines.find((each) => step.test(each.step) && JSON.stringify(each.body).includes(from))
  if (line === undefined) throw new Error(`nothing holds ${from}`)
  const body = JSON.stringify(line.body).replaceAll(from, to)
  await handle.updateTable('castellan.entries').set({ body }).where('id', '=', line.id).execute()
}

/** Reads a page, then mails whom `to` makes of what was read. */
function readThenMail(to: (read: string) => string): void {
  script = (prompt) => {
    const read = results(prompt)
    if (read.length === 0)
      return { toolCalls: [{ id: 'r', name: 'page.read', args: { url: 'https://news.example/' } }] }
    return read.length === 1 ? mail(to(read[0] ?? '')) : { text: 'Done.' }
  }
}

const words = 'Read https://news.example/ and mail the contact there.'

test('a call that was rewritten after the question is not made with its yes, but asked about anew', async () => {
  sent.length = 0
  readThenMail(() => 'nora@a.example')
  const run = await say(words)
  const first = await questionOf(run)
  await edit(run, /^think/, 'agent', 'nora@a.example', 'eve@evil.example')
  await questions.approve(owner(), first.id, {})
  const second = await questionOf(run, first.id)
  expect(second.args).toMatchObject({ to: 'eve@evil.example' })
  expect(sent).toEqual([])
  await questions.deny(owner(), second.id)
  await agent.result(ownerIdentity, run, 'done', AbortSignal.timeout(20_000))
  expect(sent).toEqual([])
})

test('a reference whose value changed after the question is not sent with its yes, but asked about anew', async () => {
  sent.length = 0
  readThenMail((read) => `{{${/"sealed":\s?"(page_\d+\.contact)"/.exec(read)?.[1] ?? 'none'}}}`)
  const run = await say(words, 'sealing')
  const first = await questionOf(run)
  expect(first.args).toMatchObject({ to: 'nora@a.example' })
  // The card shows what the planner has not seen, and where it stands.
  expect(first.places.find(({ path }) => path === '/to')).toMatchObject({
    ...{ words: false, skill: 'page.read', pointer: '/contact', match: 'nora@a.example' },
    sources: ['web:news.example'],
  })
  await edit(run, /^act/, 'call', 'nora@a.example', 'eve@evil.example')
  await questions.approve(owner(), first.id, {})
  const second = await questionOf(run, first.id)
  expect(second.args).toMatchObject({ to: 'eve@evil.example' })
  expect(sent).toEqual([])
  await questions.approve(owner(), second.id, {})
  await agent.result(ownerIdentity, run, 'done', AbortSignal.timeout(20_000))
  expect(sent).toEqual([{ to: 'eve@evil.example', text: 'Hi.' }])
})

test('places stay with the question when the conversation is gone', async () => {
  readThenMail(() => 'nora@a.example')
  const run = await say(words)
  const { id, conversation } = await questionOf(run)
  await agent.stop(ownerIdentity, run)
  await agent.result(ownerIdentity, run, 'done', AbortSignal.timeout(20_000))
  const handle = db.database.as(db.tenant)
  await handle
    .deleteFrom('castellan.conversations')
    .where('id', '=', conversation ?? '')
    .execute()
  const { places } = await questions.get(ownerIdentity, id)
  expect(places.map(({ path, match }) => [path, match])).toContainEqual(['/to', 'nora@a.example'])
})

test('a run that goes on asking is paused, goes on when the owner lets it, and ends when they stop it', async () => {
  sent.length = 0
  script = (prompt) => {
    const read = results(prompt)
    if (read.length === 0)
      return { toolCalls: [{ id: 'r', name: 'page.read', args: { url: 'https://news.example/' } }] }
    return mail(`eve${read.length}@evil.example`)
  }
  const run = await say(words)
  let last: string | undefined
  const answerAll = async () => {
    for (let n = 0; n < 5; n++) {
      const { id, kind } = await questionOf(run, last)
      expect(kind).toBe('call')
      await questions.deny(owner(), id)
      last = id
    }
  }
  await answerAll()
  const pause = await questionOf(run, last)
  expect(pause).toMatchObject({ kind: 'pause', arguments: [], places: [] })
  await questions.approve(owner(), pause.id, { go_on: true })
  last = pause.id
  await answerAll()
  const again = await questionOf(run, last)
  expect(again.kind).toBe('pause')
  await questions.deny(owner(), again.id)
  const ended = await agent.result(ownerIdentity, run, 'done', AbortSignal.timeout(20_000))
  expect(ended.run.state).toBe('stopped')
  expect(sent).toEqual([])
})
