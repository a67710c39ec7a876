/**
 * `kill -9` of the server at every step of a turn, and what must hold after the next start: one reply, one file, no
 * question to a model whose answer was stored, an effect that cannot be repeated never repeated, a ledger that verifies.
 */
import { watch } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ConversationView,
  LedgerPage,
  LedgerVerification,
  QuestionView,
  type RunResult,
} from '@castellan/contracts'
import type pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { type Digest, type DigestModel, digestOf, saved, send, startDigestModel } from './digest.ts'
import { type Instance, showWhenFailed, startInstance, until } from './instance.ts'
import { type Site, startSite } from './site.ts'
import { type Stall, stall } from './stall.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

let site: Site
let model: DigestModel
let house: Instance
let database: pg.Client
showWhenFailed(() => house)
beforeAll(async () => {
  site = await startSite()
  model = await startDigestModel(site)
  house = await startInstance({ allow: [site.host], unsealed: true })
  await house.addModel('anthropic', model.anthropicUrl)
  database = await house.database()
})
afterAll(async () => {
  await house?.close()
  await Promise.all([model?.close(), site?.close()])
})

/** Locks that a test still holds; one that fails in the middle must not stop those after it. */
const stalls = new Set<Stall>()
afterEach(async () => {
  for (const each of stalls) await each.drop()
  stalls.clear()
})

async function stallAt(what: Parameters<typeof stall>[1]): Promise<Stall> {
  const made = await stall(house, what)
  stalls.add(made)
  return made
}

async function dieAndRise(): Promise<void> {
  const postmaster = await house.postmaster()
  await house.kill()
  for (const each of stalls) await each.drop()
  stalls.clear()
  await house.start()
  // PostgreSQL was left running, and is taken over as it is.
  expect(await house.postmaster()).toBe(postmaster)
}

/** A turn on its way to the place where it is killed. */
class Scene {
  readonly digest: Digest
  conversation = ''
  run = ''
  /** How often the owner's yes was taken. */
  yeses = 0

  constructor(name: string) {
    this.digest = digestOf(site, name)
  }

  async say(): Promise<void> {
    const accepted = await send(house, this.digest.words, { externalId: this.digest.name })
    this.run = accepted.run
    this.conversation = accepted.conversation
  }

  async question(): Promise<QuestionView> {
    const { approvals } = await house.result(this.run, 'question')
    return house.client.get(`/api/questions/${approvals[0]?.question}`, QuestionView)
  }

  async yes(): Promise<void> {
    const { id } = await this.question()
    await house.client.send('POST', `/api/questions/${id}/approve`, {}, QuestionView)
    this.yeses += 1
  }

  /** Lets the model answer `step` only when the stall is in place. */
  async stallAfterAnswer(step: number, what: 'ledger' | 'checkpoint'): Promise<Stall> {
    const held = model.hold(this.digest, step)
    if (step === 0) await this.say()
    await held.reached
    const made = await stallAt(what)
    held.release()
    return made
  }

  /** Answers what is still asked, and waits for the end. */
  async end(): Promise<RunResult> {
    const standing = await house.result(this.run, 'question')
    if (standing.run.finished_at === null && (await this.question()).state === 'open') await this.yes()
    return house.result(this.run)
  }
}

interface Point {
  /** Brings a turn to the place where the server is killed. */
  readonly reach: (scene: Scene) => Promise<unknown>
  /** What is done over again by the owner's client. */
  readonly again?: (scene: Scene) => Promise<unknown>
  /** How often the model is asked for each of its three answers in all. */
  readonly asked?: readonly [number, number, number]
  /** How often the feed is read in all. */
  readonly read?: number
}

const points: Readonly<Record<string, Point>> = {
  'before the message is accepted': {
    async reach(scene) {
      const { conversation } = await send(house, 'Hello.')
      scene.conversation = conversation
      await until(async () => expect((await view(conversation)).run).toBeNull())
      const row = await stallAt({ conversation })
      const refused = send(house, scene.digest.words, { conversation, externalId: scene.digest.name })
      refused.catch(() => {})
      await row.reached()
    },
    // Nothing was acknowledged, so the client sends it again, under the same id.
    again: async (scene) => {
      const { conversation, digest } = scene
      scene.run = (await send(house, digest.words, { conversation, externalId: digest.name })).run
    },
  },
  'when the message is acknowledged and its turn has not begun': {
    async reach(scene) {
      const begin = await stallAt('turn')
      await scene.say()
      await begin.reached()
    },
    // The acknowledgement may have been lost on its way; sending again makes no second turn.
    again: async (scene) => {
      const { conversation, digest, run } = scene
      expect((await send(house, digest.words, { conversation, externalId: digest.name })).run).toBe(run)
    },
  },
  'before the model is asked': {
    async reach(scene) {
      const ledger = await stallAt('ledger')
      await scene.say()
      await ledger.reached()
    },
  },
  'while the model thinks': {
    async reach(scene) {
      const held = model.hold(scene.digest, 0)
      await scene.say()
      await held.reached
    },
    asked: [2, 1, 1],
  },
  'in the middle of the model’s answer': {
    async reach(scene) {
      model.stallIn(scene.digest, 2)
      await scene.say()
      await scene.yes()
      await until(async () => {
        const { partial } = await view(scene.conversation)
        expect(partial?.step === 'think.2' && partial.text).toMatch(/^Done: the/)
      })
    },
    asked: [1, 1, 2],
  },
  'when the model has answered and nothing of it is stored': {
    async reach(scene) {
      await (await scene.stallAfterAnswer(0, 'ledger')).reached()
    },
    asked: [2, 1, 1],
  },
  'when the model’s answer is stored and DBOS does not know it': {
    async reach(scene) {
      await (await scene.stallAfterAnswer(0, 'checkpoint')).reached()
      expect(await rowsOf(scene.run)).toEqual(['think.0 intent', 'think.0 outcome'])
    },
  },
  'before the feed is fetched': {
    async reach(scene) {
      const ledger = await scene.stallAfterAnswer(0, 'ledger')
      await ledger.passOne()
      await ledger.reached()
      expect(site.asked(scene.digest.feed)).toBe(0)
    },
  },
  'while the feed is being fetched': {
    async reach(scene) {
      const held = site.hold(scene.digest.feed)
      await scene.say()
      await held.reached
    },
    read: 2,
  },
  'when the feed is read and nothing of it is stored': {
    async reach(scene) {
      const held = site.hold(scene.digest.feed)
      await scene.say()
      await held.reached
      const ledger = await stallAt('ledger')
      held.release()
      await ledger.reached()
    },
    read: 2,
  },
  'when what the feed said is stored and DBOS does not know it': {
    async reach(scene) {
      const held = site.hold(scene.digest.feed)
      await scene.say()
      await held.reached
      const checkpoint = await stallAt('checkpoint')
      held.release()
      await checkpoint.reached()
    },
  },
  'when the second answer is stored and DBOS does not know it': {
    async reach(scene) {
      await scene.say()
      await (await scene.stallAfterAnswer(1, 'checkpoint')).reached()
    },
  },
  'before the question is stored': {
    async reach(scene) {
      await scene.say()
      const ledger = await scene.stallAfterAnswer(1, 'ledger')
      await ledger.passOne()
      await ledger.reached()
    },
  },
  'when the question is stored and DBOS does not know it': {
    async reach(scene) {
      const held = model.hold(scene.digest, 1)
      await scene.say()
      await held.reached
      // The answer's own checkpoint comes first, then that of the question.
      const checkpoint = await stallAt('checkpoint')
      held.release()
      await checkpoint.passOne()
      await checkpoint.reached()
      expect((await scene.question()).state).toBe('open')
    },
  },
  'while the owner is asked': {
    async reach(scene) {
      await scene.say()
      await scene.question()
    },
  },
  'while the yes is being stored': {
    async reach(scene) {
      await scene.say()
      const { id } = await scene.question()
      const ledger = await stallAt('ledger')
      house.client.send('POST', `/api/questions/${id}/approve`, {}, QuestionView).catch(() => {})
      await ledger.reached()
    },
    again: async (scene) => expect((await scene.question()).state).toBe('open'),
  },
  'when the yes is stored and the turn is not told': {
    async reach(scene) {
      await scene.say()
      const { id } = await scene.question()
      const wake = await stallAt('wake')
      house.client.send('POST', `/api/questions/${id}/approve`, {}, QuestionView).catch(() => {})
      await wake.reached()
      scene.yeses += 1
    },
  },
  'while the yes is being spent': {
    async reach(scene) {
      await scene.say()
      const { id } = await scene.question()
      const ledger = await stallAt('ledger')
      const answering = house.client.send('POST', `/api/questions/${id}/approve`, {}, QuestionView)
      await ledger.passOne()
      await answering
      scene.yeses += 1
      await ledger.reached()
    },
  },
  'while the file is being written': {
    async reach(scene) {
      const folder = join(house.workspace, 'digests')
      await mkdir(folder, { recursive: true })
      await scene.say()
      await scene.question()
      const began = Promise.withResolvers<void>()
      const watcher = watch(folder, () => began.resolve())
      await scene.yes()
      await began.promise
      watcher.close()
    },
  },
  'when the file is written and nothing of it is stored': {
    async reach(scene) {
      await scene.say()
      const { id } = await scene.question()
      const ledger = await stallAt('ledger')
      const answering = house.client.send('POST', `/api/questions/${id}/approve`, {}, QuestionView)
      await ledger.passOne()
      await answering
      scene.yeses += 1
      await ledger.passOne()
      await ledger.reached()
      expect(await saved(house, scene.digest)).toBe(scene.digest.summary)
    },
  },
  'when the file’s outcome is stored and DBOS does not know it': {
    async reach(scene) {
      await scene.say()
      await scene.question()
      const checkpoint = await stallAt('checkpoint')
      await scene.yes()
      // First what the turn was told, then what it did.
      await checkpoint.passOne()
      await until(async () => expect(await rowsOf(scene.run)).toContain('act.1.0 outcome'))
      await checkpoint.reached()
    },
  },
  'when the last answer is stored and DBOS does not know it': {
    async reach(scene) {
      await scene.say()
      await scene.yes()
      await (await scene.stallAfterAnswer(2, 'checkpoint')).reached()
    },
  },
  'while the last answer is being stored, which ends the turn': {
    async reach(scene) {
      const held = model.hold(scene.digest, 2)
      await scene.say()
      await scene.yes()
      await held.reached
      const row = await stallAt({ conversation: scene.conversation })
      held.release()
      await row.reached()
    },
    asked: [1, 1, 2],
  },
  'when the turn has ended and DBOS does not know that it is over': {
    async reach(scene) {
      const held = model.hold(scene.digest, 2)
      await scene.say()
      await scene.yes()
      await held.reached
      const turn = await stallAt('turn')
      held.release()
      await until(async () => expect(await thoughts(scene.run)).toBe(3))
      await turn.reached()
    },
  },
}

describe('killed', () => {
  test.each(Object.entries(points))('%s, a turn ends as if nothing had happened', async (name, point) => {
    const scene = new Scene(`kill-${Object.keys(points).indexOf(name) + 1}`)
    await point.reach(scene)
    await dieAndRise()
    await point.again?.(scene)
    const result = await scene.end()

    const { digest, run, conversation } = scene
    expect(result).toMatchObject({ reply: digest.reply, run: { state: 'done', error: null } })
    expect(scene.yeses).toBe(1)
    expect([0, 1, 2].map((step) => model.asked(digest, step).length)).toEqual(point.asked ?? [1, 1, 1])
    expect(site.asked(digest.feed)).toBe(point.read ?? 1)
    expect(await saved(house, digest)).toBe(digest.summary)
    const drafts = (await readdir(join(house.workspace, 'digests'))).filter((file) => file.startsWith('.'))
    expect(drafts).toEqual([])
    const lines = (await view(conversation)).entries.filter((entry) => entry.run === run)
    expect(
      lines.map((line) => (line.kind === 'call' ? `${line.call.skill} ${line.call.state}` : line.kind)),
    ).toEqual(['owner', 'agent', 'feed.fetch done', 'agent', 'file.write done', 'agent'])
    expect(await rowsOf(run)).toEqual(wholeTurn)
    expect(await verify()).toMatchObject({ ok: true, broken: [] })
  })

  test('after a yes, and started again too late to use it, it asks once more', async () => {
    const scene = new Scene('kill-late')
    await scene.say()
    const { id } = await scene.question()
    const wake = await stallAt('wake')
    house.client.send('POST', `/api/questions/${id}/approve`, {}, QuestionView).catch(() => {})
    await wake.reached()
    await database.query(
      "update castellan.questions set decided_at = decided_at - interval '3 minutes' where id = $1",
      [id],
    )
    await dieAndRise()
    await until(async () => expect((await open()).map(({ run }) => run)).toEqual([scene.run]))
    const [again] = await open()
    expect(again?.id).not.toBe(id)
    await house.client.send('POST', `/api/questions/${again?.id}/approve`, {}, QuestionView)
    expect(await house.result(scene.run)).toMatchObject({ reply: scene.digest.reply, run: { state: 'done' } })
    expect(await saved(house, scene.digest)).toBe(scene.digest.summary)
  })

  test('again and again at the same place, a turn still ends once', async () => {
    const scene = new Scene('kill-thrice')
    const first = model.hold(scene.digest, 1)
    await scene.say()
    await first.reached
    for (let time = 0; time < 2; time++) {
      const next = model.hold(scene.digest, 1)
      await dieAndRise()
      await next.reached
    }
    await dieAndRise()
    expect(await scene.end()).toMatchObject({ reply: scene.digest.reply, run: { state: 'done' } })
    expect([0, 1, 2].map((step) => model.asked(scene.digest, step).length)).toEqual([1, 4, 1])
    expect(await rowsOf(scene.run)).toEqual(wholeTurn)
  })

  test('together with its database, as when the power fails, a turn still ends once', async () => {
    const scene = new Scene('kill-power')
    const held = model.hold(scene.digest, 2)
    await scene.say()
    await scene.yes()
    await held.reached
    const postmaster = await house.postmaster()
    await house.kill()
    if (postmaster !== null) process.kill(postmaster, 'SIGKILL')
    await house.start()
    database = await house.database()
    expect(await house.postmaster()).not.toBe(postmaster)
    expect(await scene.end()).toMatchObject({ reply: scene.digest.reply, run: { state: 'done' } })
    expect(await rowsOf(scene.run)).toEqual(wholeTurn)
    expect(await verify()).toMatchObject({ ok: true })
  })

  test('a message that waited for its turn still gets it, after the one before it', async () => {
    const scene = new Scene('kill-queue')
    await scene.say()
    await scene.question()
    const second = await send(house, 'And now say OK.', { conversation: scene.conversation })
    await dieAndRise()
    expect((await scene.end()).reply).toBe(scene.digest.reply)
    expect((await house.result(second.run)).reply).toBe('OK')
  })

  test('between two turns, the second one begins', async () => {
    const scene = new Scene('kill-between')
    const held = model.hold(scene.digest, 2)
    await scene.say()
    const second = await send(house, 'And now say OK.', { conversation: scene.conversation })
    await scene.yes()
    await held.reached
    const turn = await stallAt('turn')
    held.release()
    await until(async () => expect((await view(scene.conversation)).run?.id).toBe(second.run))
    await turn.reached()
    await dieAndRise()
    expect((await house.result(second.run)).reply).toBe('OK')
    expect((await scene.end()).reply).toBe(scene.digest.reply)
    expect(await rowsOf(scene.run)).toEqual(wholeTurn)
  })
})

/** What the ledger holds of a whole turn, each step once. */
const wholeTurn = [
  ...[
    'think.0 intent',
    'think.0 outcome',
    'act.0.0 intent',
    'act.0.0 outcome',
    'think.1 intent',
    'think.1 outcome',
  ],
  ...['act.1.0 decision', 'act.1.0 approval', 'act.1.0 intent', 'act.1.0 outcome'],
  ...['think.2 intent', 'think.2 outcome'],
]

describe('killed while something is sent that must not be sent twice', () => {
  const places: Readonly<Record<string, (path: string, say: () => Promise<void>) => Promise<void>>> = {
    'before its answer came': async (path, say) => {
      const held = site.hold(path)
      await say()
      await held.reached
    },
    'after its answer came and before that was stored': async (path, say) => {
      const held = site.hold(path)
      await say()
      await held.reached
      const ledger = await stallAt('ledger')
      held.release()
      await ledger.reached()
    },
  }

  test.each(Object.entries(places))('%s, it is said to be unknown and not repeated', async (name, reach) => {
    const path = `/take/${Object.keys(places).indexOf(name)}`
    const url = `${site.url}${path}`
    const before = site.posts.length
    model.play(url, [
      { toolCalls: [{ name: 'http_post', args: { url, body: '{"tide":"high"}' } }] },
      { text: 'I cannot say whether it arrived.' },
    ])
    let run = ''
    await reach(path, async () => {
      run = (await send(house, `Post {"tide":"high"} to ${url}`)).run
    })
    await dieAndRise()

    const result = await house.result(run)
    expect(result).toMatchObject({ reply: 'I cannot say whether it arrived.', run: { state: 'done' } })
    expect(site.posts.slice(before)).toEqual(['{"tide":"high"}'])
    const { entries } = await view(result.run.conversation)
    const call = entries.find((entry) => entry.kind === 'call')
    expect(call).toMatchObject({
      call: {
        skill: 'http.post',
        state: 'unknown',
        error: expect.stringContaining('cannot be known from here'),
      },
    })
    const told = model.requests.filter(({ said, step }) => said.includes(url) && step === 1)
    expect(told.map(({ messages }) => messages.at(-1)?.text)).toEqual([
      expect.stringMatching(/^Outcome unknown: .* Do not repeat it; tell the owner\.$/),
    ])
    const page = await house.client.get(`/api/ledger?run=${run}&skill=http.post&limit=100`, LedgerPage)
    expect(page.rows.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['outcome', 'unknown'],
      ['intent', null],
    ])
    expect(await verify()).toMatchObject({ ok: true })
  })
})

function view(conversation: string): Promise<ConversationView> {
  return house.client.get(`/api/conversations/${conversation}`, ConversationView)
}

function verify(): Promise<LedgerVerification> {
  return house.client.get('/api/ledger/verify', LedgerVerification)
}

/** How many answers of the model DBOS has noted. */
async function thoughts(run: string): Promise<number> {
  const { rows } = await database.query(
    "select from dbos.operation_outputs where workflow_uuid = $1 and function_name = 'think'",
    [run],
  )
  return rows.length
}

async function open(): Promise<QuestionView[]> {
  const Listed = z.object({ questions: z.array(QuestionView) })
  return (await house.client.get('/api/questions?state=open', Listed)).questions
}

/** Steps and kinds of a run's rows, oldest first. */
async function rowsOf(run: string): Promise<string[]> {
  const { rows } = await house.client.get(`/api/ledger?run=${run}&limit=100`, LedgerPage)
  return rows.toReversed().map(({ step, kind }) => `${step} ${kind}`)
}
