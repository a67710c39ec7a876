/** One whole turn through the real command, over both model protocols: read a feed, ask, save, reply, recorded. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Event,
  LedgerPage,
  LedgerVerification,
  QuestionView,
  RunResult,
  RunView,
} from '@castellan/contracts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { nothing } from '../../packages/cli/src/client.ts'
import { approve, type DigestModel, digestOf, saved, send, startDigestModel } from './digest.ts'
import { type Instance, showWhenFailed, startInstance, until } from './instance.ts'
import { type Site, startSite } from './site.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let site: Site
let model: DigestModel
let house: Instance
showWhenFailed(() => house)
beforeAll(async () => {
  site = await startSite()
  model = await startDigestModel(site)
  house = await startInstance({ allow: [site.host], unsealed: true })
})
afterAll(async () => {
  await house?.close()
  await Promise.all([model?.close(), site?.close()])
})

const providers = [
  ['anthropic', () => model.anthropicUrl],
  ['openai-compatible', () => model.openaiUrl],
] as const

describe.each(providers)('over the %s protocol', (provider, url) => {
  beforeAll(() => house.addModel(provider, url()))
  afterAll(() => house.client.send('DELETE', `/api/models/${provider}`, undefined, nothing))

  test('reads, asks, saves after the yes, and streams its reply', async () => {
    const digest = digestOf(site, `http-${provider}`)
    const events = listen(house)
    const { run, conversation } = await send(house, digest.words)

    const waiting = await house.result(run, 'question')
    expect(waiting.run).toMatchObject({ state: 'waiting', tainted_by: [`feed:${site.host}`] })
    expect(waiting.decisions.map(({ skill, state, decision }) => [skill, state, decision.decision])).toEqual([
      ['feed.fetch', 'done', 'allow'],
      ['file.write', 'waiting', 'ask'],
    ])
    await expect(saved(house, digest)).rejects.toThrow('ENOENT')
    const question = await house.client.get(`/api/questions/${waiting.approvals[0]?.question}`, QuestionView)
    expect(question).toMatchObject({
      skill: 'file.write',
      effect: 'write',
      factor: 'click',
      leaves: null,
      args: { path: digest.path, text: digest.summary },
    })
    expect(question.sentence).toContain(`This conversation has read the feed ${site.host}.`)
    expect(question.arguments.map(({ path, origin }) => [path, origin])).toContainEqual(['/path', 'foreign'])

    await approve(house, run)
    const result = await house.result(run)
    expect(result).toMatchObject({
      reply: digest.reply,
      run: { state: 'done', error: null },
      usage: { model_calls: 3 },
    })
    expect(await saved(house, digest)).toBe(digest.summary)
    expect(await readdir(join(house.workspace, 'digests'))).not.toContainEqual(expect.stringMatching(/^\./))

    const told = await events.until((event) => event.type === 'run' && event.run.state === 'done')
    const deltas = told.flatMap((event) => (event.type === 'delta' && event.run === run ? [event] : []))
    const last = deltas.filter(({ step }) => step === 'think.2')
    expect(last.length).toBeGreaterThan(3)
    expect(last.map(({ text }) => text).join('')).toBe(digest.reply)
    expect(told.filter((event) => event.type === 'question').map(({ question }) => question.state)).toEqual([
      'open',
      'approved',
    ])
    expect(told.every((event) => event.type !== 'delta' || event.conversation === conversation)).toBe(true)
  })

  test('asks the model exactly three times, with what the tools returned and no more', async () => {
    const digest = digestOf(site, `count-${provider}`, 'observatory.atom.xml')
    const { run } = await send(house, digest.words)
    await approve(house, run)
    await house.result(run)
    expect([0, 1, 2].map((step) => model.asked(digest, step).length)).toEqual([1, 1, 1])
    expect(site.asked(digest.feed)).toBe(1)
    const third = model.asked(digest, 2)[0]
    const tools = third?.messages.filter(({ role }) => role === 'tool') ?? []
    expect(tools[0]?.text).toContain('First light of the second mirror')
    expect(tools[0]?.text).toContain('https://observatory.example/notes/2026/first-light.html')
    expect(tools[1]?.text).toContain('"done": "created"')
    expect(third?.tools).toContain('file_write')
    // Asking a model is a skill too, but not one of the planner's.
    expect(third?.tools.join()).not.toContain('model')
  })

  test('leaves a ledger that verifies and tells each step once', async () => {
    const digest = digestOf(site, `ledger-${provider}`, 'bakery.feed.json')
    const { run } = await send(house, digest.words)
    await approve(house, run)
    await house.result(run)
    expect(await verify(house)).toMatchObject({ ok: true, broken: [] })
    const page = await house.client.get(`/api/ledger?run=${run}&limit=100`, LedgerPage)
    const rows = page.rows
      .toReversed()
      .map(({ step, kind, outcome }) => `${step} ${kind} ${outcome ?? ''}`.trim())
    expect(rows).toEqual([
      'think.0 intent',
      'think.0 outcome done:success',
      'act.0.0 intent',
      'act.0.0 outcome done:success',
      'think.1 intent',
      'think.1 outcome done:success',
      'act.1.0 decision asked',
      'act.1.0 approval approved',
      'act.1.0 intent',
      'act.1.0 outcome done:success',
      'think.2 intent',
      'think.2 outcome done:success',
    ])
  })
})

describe('from the terminal', () => {
  beforeAll(() => house.addModel('anthropic', model.anthropicUrl))

  test('chat --wait blocks until the question is answered elsewhere', async () => {
    const digest = digestOf(site, 'terminal')
    const chat = house.cli(['chat', digest.words, '--json', '--wait'])
    const Listed = z.object({ questions: z.array(QuestionView) })
    const open = await until(async () => {
      const { questions } = await house.client.get('/api/questions?state=open', Listed)
      const found = questions.find(({ args }) => JSON.stringify(args).includes(digest.path))
      if (found === undefined) throw new Error('nothing was asked')
      return found.id
    }, 40_000)
    const listed = await house.cli(['approvals', 'list'])
    expect(listed.stdout).toContain(digest.path)
    const approved = await house.cli(['approvals', 'approve', String(open), '--json'])
    expect([approved.code, QuestionView.parse(JSON.parse(approved.stdout)).state]).toEqual([0, 'approved'])

    const { code, stdout, stderr } = await chat
    expect(code).toBe(0)
    const result = RunResult.parse(JSON.parse(stdout))
    expect(result).toMatchObject({ reply: digest.reply, run: { state: 'done' }, usage: { model_calls: 3 } })
    expect(stderr).toContain(`castellan approvals approve ${open}`)
    expect(await saved(house, digest)).toBe(digest.summary)
  })

  test('chat without --wait ends with what is asked, and a no is a no', async () => {
    const digest = digestOf(site, 'refused')
    const { code, stdout } = await house.cli(['chat', digest.words, '--json'])
    expect(code).toBe(0)
    const asked = RunResult.parse(JSON.parse(stdout))
    expect(asked.run.state).toBe('waiting')
    const denied = await house.cli(['approvals', 'deny', asked.approvals[0]?.question ?? '', '--json'])
    expect(denied.code).toBe(0)
    const result = await house.result(asked.run.id)
    expect(result.decisions.at(-1)).toMatchObject({ skill: 'file.write', state: 'refused' })
    await expect(saved(house, digest)).rejects.toThrow('ENOENT')
    const told = model.asked(digest, 2)[0]?.messages.at(-1)
    expect(told).toMatchObject({ role: 'tool', text: 'Refused: The owner said no.' })
  })

  test('status, ledger verify and doctor answer about the running instance', async () => {
    const [status, ledger, doctor] = await Promise.all(
      [['status'], ['ledger', 'verify'], ['doctor']].map((args) => house.cli([...args, '--json'])),
    )
    expect(status?.code).toBe(0)
    expect(JSON.parse(status?.stdout ?? '')).toMatchObject({ ready: true, url: house.url })
    expect([ledger?.code, LedgerVerification.parse(JSON.parse(ledger?.stdout ?? '')).ok]).toEqual([0, true])
    expect(doctor?.code, doctor?.stdout).toBe(0)
  })
})

test('messages of one conversation are answered in order, of several at once', async () => {
  const digest = digestOf(site, 'first-in-line')
  const held = model.hold(digest, 0)
  const first = await send(house, digest.words)
  await held.reached
  const second = await send(house, 'And what else?', { conversation: first.conversation })
  const elsewhere = await send(house, 'Hello over there.')
  expect((await house.result(elsewhere.run)).reply).toBe('OK')
  expect((await house.client.get(`/api/runs/${second.run}`, RunView)).state).toBe('queued')
  held.release()
  await approve(house, first.run)
  expect((await house.result(first.run)).reply).toBe(digest.reply)
  expect((await house.result(second.run)).reply).toBe('OK')
})

test('stops cleanly: code 0, and nothing of it is left running', async () => {
  const postmaster = await house.postmaster()
  expect(postmaster).not.toBeNull()
  const { code, stderr } = await house.stop()
  expect(code).toBe(0)
  expect(stderr).toContain('stopped')
  expect(await house.postmaster()).toBeNull()
})

function verify({ client }: Instance): Promise<LedgerVerification> {
  return client.get('/api/ledger/verify', LedgerVerification)
}

/** Events from now on. */
function listen({ client }: Instance) {
  const end = new AbortController()
  const events: Event[] = []
  const reading = (async () => {
    for await (const event of client.events(end.signal)) events.push(event)
  })()
  return {
    async until(last: (event: Event) => boolean): Promise<Event[]> {
      await until(() => expect(events.some(last)).toBe(true))
      end.abort()
      await reading
      return events
    },
  }
}
