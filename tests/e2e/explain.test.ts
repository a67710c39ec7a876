/** `castellan explain --batch` on a thousand lines, and whether it says what the running gate then decides. */
import type { RunResult } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as z from 'zod'
import type { Script } from '../fakes/script.ts'
import { type DigestModel, send, startDigestModel } from './digest.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'
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
  await house.addModel('openai-compatible', model.openaiUrl)
})
afterAll(async () => {
  await house?.close()
  await Promise.all([model?.close(), site?.close()])
})

const Answer = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  decision: z.string(),
  factor: z.string().optional(),
  rules: z.array(z.string()),
  why: z.string(),
  error: z.object({ code: z.string() }).optional(),
})
type Answer = z.infer<typeof Answer>

async function explain(lines: readonly unknown[]): Promise<Answer[]> {
  const input = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
  const { code, stdout } = await house.cli(['explain', '--batch'], { input: `${input}\n` })
  expect(code).toBe(0)
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => Answer.parse(JSON.parse(line)))
}

const feed = 'https://news.example/feed.xml'
/** Requests with what is expected of each, to be dealt over a thousand lines. */
const kinds: readonly [request: (n: number) => unknown, decision: string][] = [
  [(n) => ({ skill: 'time.now', args: {}, id: n }), 'allow'],
  [(n) => ({ skill: 'file.write', args: { path: `n/${n}.md`, text: 'x' }, id: n }), 'allow'],
  [(n) => ({ skill: 'file.write', args: { path: `n/${n}.md`, text: 'x' }, run: tainted, id: n }), 'ask'],
  [
    (n) => ({ skill: 'http.post', args: { url: `https://h${n}.example/`, body: '{}' }, run: tainted, id: n }),
    'ask',
  ],
  [(n) => ({ skill: 'owner.notify', args: { text: `note ${n}` }, run: tainted, id: n }), 'allow'],
  [(n) => ({ skill: 'shell.run', args: {}, id: n }), 'unknown_skill'],
  [(n) => ({ skill: 'file.write', args: { path: `n/${n}.md`, text: 'x', mode: 7 }, id: n }), 'bad_request'],
  [(n) => `{"skill": "file.write", "id": ${n}`, 'bad_request'],
]
const tainted = {
  words: `Summarise ${feed}`,
  steps: [{ skill: 'feed.fetch', args: { url: feed }, output: { title: 'News' } }],
}

test('answers a thousand lines in order, unreadable ones too', async () => {
  const dealt = Array.from({ length: 1000 }, (_, n) => kinds[n % kinds.length] as (typeof kinds)[number])
  const answers = await explain(dealt.map(([request], n) => request(n)))
  expect(answers).toHaveLength(1000)
  expect(answers.map(({ decision, error }) => error?.code ?? decision)).toEqual(
    dealt.map(([, expected]) => expected),
  )
  // A line that is no JSON has no id that could be read.
  const ids = answers.map(({ id }) => id)
  expect(ids).toEqual(dealt.map(([request], n) => (typeof request(n) === 'string' ? undefined : n)))
  expect(answers.every(({ decision, error }) => error === undefined || decision === 'deny')).toBe(true)
  expect(answers.every(({ why }) => why.length > 10)).toBe(true)
})

test('says what the running gate then decides', async () => {
  const url = `${site.url}/harbour.rss.xml`
  const stranger = `${site.url}/take/elsewhere`
  const words = `Work through ${url} and post to ${site.url}/take/named what you find.`
  const calls: [wire: string, skill: string, args: Record<string, unknown>][] = [
    ['time_now', 'time.now', {}],
    ['memory_save', 'memory.save', { text: 'the owner likes ferries' }],
    ['http_post', 'http.post', { url: `${site.url}/take/named`, body: 'before' }],
    ['feed_fetch', 'feed.fetch', { url }],
    ['file_list', 'file.list', {}],
    ['owner_notify', 'owner.notify', { text: 'read it' }],
    ['memory_save', 'memory.save', { text: 'pier 4' }],
    ['http_post', 'http.post', { url: `${site.url}/take/named`, body: 'after' }],
    ['http_post', 'http.post', { url: stranger, body: 'after' }],
    ['feed_fetch', 'feed.fetch', { url: `${stranger}?q=pier4` }],
  ]
  const steps: Script[] = calls.map(([name, , args]) => ({ toolCalls: [{ name, args }] }))
  model.play('Work through', [...steps, { text: 'That was all.' }])

  const before = calls.map((_, index) =>
    calls.slice(0, index).map(([, skill, args]) => ({ skill, args, output: null })),
  )
  const said = await explain(
    calls.map(([, skill, args], id) => ({ id, skill, args, run: { words, steps: before[id] } })),
  )

  const { run } = await send(house, words)
  const result = await denyAll(run)
  const decided = result.decisions.filter(({ skill }) => skill !== 'model.generate')
  expect(decided.map(({ skill }) => skill)).toEqual(calls.map(([, skill]) => skill))
  expect(said.map(({ decision, factor, rules }) => ({ decision, factor, rules }))).toEqual(
    decided.map(({ decision: { decision, factor, rules } }) => ({ decision, factor, rules })),
  )
  expect(new Set(said.map(({ decision }) => decision))).toEqual(new Set(['allow', 'ask']))
})

/** Says no to whatever the run asks until it ends. */
async function denyAll(run: string): Promise<RunResult> {
  for (;;) {
    const result = await house.result(run, 'question')
    if (result.run.finished_at !== null) return result
    for (const { question, state } of result.approvals) {
      if (state === 'open')
        await house.client.send('POST', `/api/questions/${question}/deny`, {}, z.unknown()).catch(() => {})
    }
  }
}
