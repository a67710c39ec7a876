/** An agent for attack tests: the real gate, policies, turns and PostgreSQL; scripted are the model and what skills bring in. */
import { CastellanError, type Event, type FieldLabels, type Json } from '@castellan/contracts'
import { label, systemLabel } from '@castellan/kernel'
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
import {
  type AnySkill,
  createBreakers,
  createGate,
  type SkillResult,
  skill,
} from '../../packages/server/src/invoke/index.ts'
import type { Answer, Prompt, ToolCall } from '../../packages/server/src/models/index.ts'
import { loadPolicies } from '../../packages/server/src/policy/index.ts'
import { createQuestions } from '../../packages/server/src/questions/index.ts'
import { sealedAsk, sealedReveal } from '../../packages/server/src/sealed/index.ts'
import { testDatabase } from '../../packages/server/src/testing/database.ts'
import { ownerIdentity } from '../../packages/server/src/testing/identity.ts'

export type AgentHouse = Awaited<ReturnType<typeof openAgentHouse>>

/** What one step of the planner's says: calls, or the last words. */
export type Move = string | readonly [skill: string, args: Json]

/** The words of both roles of the model; everything around it is real. */
class ScriptedModel {
  /** What the planner and the reader were sent, in order. */
  readonly planner: Prompt[] = []
  readonly reader: Prompt[] = []
  /** What the planner does next, given what it was sent. */
  plan: (prompt: Prompt, step: number) => Move = () => 'Done.'
  /** What the reader writes. */
  answer: (prompt: Prompt) => string = () => '{"answer":true}'
  /** Classes of the models by tier; `local` runs on this machine. */
  local = false

  async choose(_tenant: unknown, tier: string) {
    if (tier === 'local' && !this.local) throw new CastellanError('no_model', 'No model runs here.')
    const classes = tier === 'local' ? ['models', 'models:local'] : ['models']
    return { name: tier === 'local' ? 'here' : 'away', reader: { name: `model:${tier}`, classes } }
  }

  async answerTo(prompt: Prompt): Promise<Partial<Answer>> {
    if (prompt.tools.length === 0) {
      this.reader.push(prompt)
      return { text: this.answer(prompt) }
    }
    this.planner.push(prompt)
    const since = prompt.messages.findLastIndex(({ role }) => role === 'user')
    const step = prompt.messages.slice(since).filter(({ role }) => role === 'tool').length
    const move = this.plan(prompt, step)
    if (typeof move === 'string') return { text: move }
    const [name, args] = move
    const call: ToolCall = { id: `call_${crypto.randomUUID()}`, name, args }
    return { toolCalls: [call], finish: 'tool_calls' }
  }
}

/** The port over it: its `answer` is a method of ours. */
function portOf(model: ScriptedModel): ModelPort {
  return {
    choose: (tenant, tier) => model.choose(tenant, tier),
    async answer(_tenant, _name, prompt) {
      const usage = { input_tokens: 10, output_tokens: 5 }
      return { text: '', toolCalls: [], usage, finish: 'stop', ...(await model.answerTo(prompt)) }
    },
  }
}

/** What a visit outside brings, or the failure it ends in. */
export type Bring = () => Partial<SkillResult> & { value: Json }

const outside = label(['web:outside.example'])

function readSkill(bring: () => Bring, name: string, shape: readonly string[]): AnySkill {
  return skill<{ from: string }>({
    name,
    summary: 'Read something from outside.',
    effect: 'read',
    args: z.strictObject({ from: z.string() }),
    roles: { from: 'object' },
    output: () => outside,
    shape,
    platform: ['/size'],
    branches: ['success', 'redirected'],
    repeat: 'safe',
    deadlineMs: 5_000,
    perMinute: 10_000,
    says: ({ from }) => `read ${from}`,
    run: async () => ({ branch: 'success', labels: { '': outside } as FieldLabels, ...bring()() }),
  })
}

/** Notes what was done: `post.send` reaches a host, `note.save` stays in the house. */
function actSkill(name: string, leaves: boolean, done: { skill: string; args: Json }[]): AnySkill {
  return skill<{ to: string; text: string }>({
    name,
    summary: 'Do something.',
    effect: leaves ? 'send' : 'write',
    args: z.strictObject({ to: z.string(), text: z.string() }),
    roles: { to: leaves ? 'target' : 'object', text: 'content' },
    output: () => systemLabel,
    ...(leaves ? { leaves: ({ to }) => [{ to: { name: to, classes: [] }, what: ['/to', '/text'] }] } : {}),
    branches: ['success'],
    repeat: 'never',
    deadlineMs: 5_000,
    perMinute: 10_000,
    says: ({ to }) => `put something into ${to}`,
    async run(args) {
      done.push({ skill: name, args })
      return { branch: 'success', value: { done: true }, labels: { '': systemLabel } }
    },
  })
}

/** Opens it; one per test file. `result` members are `/title`, `/text` and `/items/*` with a name. */
export async function openAgentHouse(changes: Partial<Persona> = {}) {
  const db = await testDatabase()
  const model = new ScriptedModel()
  const events: Event[] = []
  const done: { skill: string; args: Json }[] = []
  const held: { bring: Bring } = { bring: () => ({ value: { title: 'A title', text: 'A text' } }) }
  const port = portOf(model)
  const loaded = loadPolicies('')
  if ('problems' in loaded) throw new Error('the shipped policies do not load')
  const publish = (_tenant: unknown, event: Event) => void events.push(event)
  const live = createLive(publish)
  const shape = ['/title', '/text', '/host', '/items/*/name', '/size']
  const offered = [
    readSkill(() => held.bring, 'web.read', shape),
    readSkill(() => held.bring, 'web.loose', []),
    actSkill('post.send', true, done),
    actSkill('note.save', false, done),
    sealedReveal(),
    sealedAsk(),
  ]
  const skills = new Map([...offered, modelSkill(port, live)].map((each) => [each.name, each]))
  const invoke = createGate({
    database: db.database,
    authorize: loaded.engine.authorize,
    skills,
    breakers: createBreakers(),
    clock: { now: Date.now, isSound: () => true },
    leaks: async () => [],
    asked: (tenant, question) => publish(tenant, { type: 'question', question }),
  })
  const persona: Persona = {
    name: 'default',
    prompt: 'Be brief.',
    skills: new Set(offered.map((each) => each.name)),
    tier: 'medium',
    stepsPerRun: 100,
    sealed: true,
    influenceBits: 32,
    budget: { callsPerDay: 100_000, tokensPerDay: 1_000_000_000 },
    ...changes,
  }
  const ports = {
    ...{ database: db.database, invoke, models: port, skills, publish, speaks: () => {} },
    personas: new Map([['default', persona]]),
    claimFiles: async () => [],
    questionOpenMs: () => 60_000,
    report: (message: string, facts: Record<string, unknown>) => console.error(message, facts),
  }
  const agent: Agent = createAgent(ports, live)
  const questions = createQuestions({
    ...{ database: db.database, publish },
    wake: (question) => agent.wake(question),
  })
  const log = { debug: () => {}, warn: () => {}, error: console.error }
  await launchDbos({ url: db.url, pool: db.database.pool, version: turnVersion, log })
  const owner = {
    tenant: db.tenant,
    principal: 'owner' as const,
    via: 'session' as const,
    address: '127.0.0.1',
  }
  return {
    ...{ db, model, agent, questions, events, done, ports, persona },
    /** Sets what the next reads bring. */
    bring(next: Bring) {
      held.bring = next
    },
    /** The owner's yes to the only open question. */
    async yes() {
      const [open] = await questions.list(ownerIdentity, 'open')
      await questions.approve(owner, open?.id ?? '', {})
      return open
    },
    /** A message, and how its run ends or what it asks. */
    async say(text: string, conversation?: string, pasted: { from: number; to: number }[] = []) {
      const id = conversation ?? (await agent.newConversation(ownerIdentity, { channel: 'web' })).id
      const { run } = await agent.accept(ownerIdentity, id, { text, channel: 'web', pasted })
      const result = await agent.result(ownerIdentity, run, 'question', AbortSignal.timeout(30_000))
      return { conversation: id, run, result }
    },
    result: (run: string) => agent.result(ownerIdentity, run, 'done', AbortSignal.timeout(30_000)),
    /** Plays these moves one after the other, whatever comes back. */
    play(...moves: readonly (Move | ((prompt: Prompt) => Move))[]) {
      model.plan = (prompt, step) => {
        const move = moves[Math.min(step, moves.length - 1)] ?? 'Done.'
        return typeof move === 'function' ? move(prompt) : move
      }
    },
    async close() {
      await stopDbos()
      await db.close()
    },
  }
}

/** Everything a prompt says, as it would leave. */
export function allOf(prompts: readonly Prompt[]): string {
  return JSON.stringify(prompts)
}

/** The last tool message that a prompt holds. */
export function lastTold(prompt: Prompt | undefined): string {
  return prompt?.messages.filter(({ role }) => role === 'tool').at(-1)?.text ?? ''
}

/** The first handle in what a planner was told. */
export function handleIn(prompt: Prompt, member = ''): string {
  const handles = [...allOf([prompt]).matchAll(/sealed\\+":\s*\\*"([a-z]+_\d+[\w.]*)/g)].map(
    ([, each]) => each ?? '',
  )
  const found = handles.filter((each) => each.endsWith(member)).at(-1)
  if (found === undefined) throw new Error(`no handle that ends with ${member}: ${handles.join(' ')}`)
  return found
}
