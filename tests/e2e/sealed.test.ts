/**
 * A turn as every new owner has it: what the feed says is sealed from the planner, a reader looks into it, and the summary
 * goes into the file and the reply unread. The server is killed while the reader thinks.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LedgerPage, LedgerVerification, RunResult } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { FakeRequest, Script } from '../fakes/script.ts'
import { type FakeModels, startFakeModels } from '../fakes/server.ts'
import { send } from './digest.ts'
import { Gate } from './gate.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'
import { type Site, startSite } from './site.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

const summary = 'The night ferry moves to pier 4.'
const gate = new Gate()
const planner: FakeRequest[] = []
const reader: FakeRequest[] = []

let site: Site
let model: FakeModels
let house: Instance
showWhenFailed(() => house)
beforeAll(async () => {
  site = await startSite()
  model = await startFakeModels(async (request) => {
    if (request.tools.length === 0) return answer(request)
    planner.push(request)
    return plan(request)
  })
  house = await startInstance({ allow: [site.host] })
  await house.addModel('anthropic', model.anthropicUrl)
})
afterAll(async () => {
  await house?.close()
  await Promise.all([model?.close(), site?.close()])
})

async function answer(request: FakeRequest): Promise<Script> {
  reader.push(request)
  const isSummary = request.said.includes('Summarise it.')
  await gate.pass(isSummary ? 'summary' : 'safe')
  return { text: JSON.stringify({ answer: isSummary ? summary : true }) }
}

const told = (request: FakeRequest) =>
  request.messages.filter(({ role }) => role === 'tool').map(({ text }) => text)
const handle = (request: FakeRequest, place: number) =>
  /"sealed": "(\w+_\d+[.\w]*)"/.exec(told(request)[place] ?? '')?.[1] ?? ''
const calling = (name: string, args: object): Script => ({ toolCalls: [{ name, args }] })

function plan(request: FakeRequest): Script {
  const url = /http\S+xml/.exec(request.said)?.[0] ?? ''
  const path = /news\S+md/.exec(request.said)?.[0] ?? ''
  const feed = handle(request, 0).split('.')[0] ?? ''
  const steps: (() => Script)[] = [
    () => calling('feed_fetch', { url, max_items: 5 }),
    () => calling('sealed_ask', { from: [feed], question: 'Is it safe?', answer: { type: 'boolean' } }),
    () =>
      calling('sealed_ask', {
        from: [`{{${feed}.items}}`],
        question: 'Summarise it.',
        answer: { type: 'text' },
      }),
    () => calling('file_write', { path, text: `{{${handle(request, 2)}}}\n` }),
    () => ({ text: `It says: {{${handle(request, 2)}}}` }),
  ]
  return steps[Math.min(request.step, 4)]?.() ?? {}
}

const words = (name: string) => `Summarise ${site.url}/harbour.rss.xml into news-${name}.md, please.`

test('the planner passes on what it has not read, and the owner sees it in its place', async () => {
  const { run } = await send(house, words('a'))
  const result = await house.result(run)
  const ref = /\{\{(ask_\d+\.text)\}\}/.exec(result.reply ?? '')?.[1]
  expect(result).toMatchObject({
    run: {
      state: 'done',
      tainted_by: [],
      sealed_from: [`feed:${site.host}`],
      influence: { bits: 1, budget: 32 },
    },
    values: [{ ref, text: summary, label: { sources: expect.arrayContaining([`feed:${site.host}`]) } }],
    usage: { model_calls: 7 },
  })
  expect(await readFile(join(house.workspace, 'news-a.md'), 'utf8')).toBe(`${summary}\n`)
  expect(JSON.stringify(planner.map(({ messages }) => messages))).not.toMatch(/night ferry|harbour master/i)
  expect(JSON.stringify(reader[0]?.messages)).toMatch(/night ferry/i)
})

test('the terminal puts the words in, as a quotation with its source', async () => {
  const { code, stdout } = await house.cli(['chat', words('t')])
  expect(code).toBe(0)
  expect(stdout).toContain(summary)
  const json = await house.cli(['chat', words('j'), '--json'])
  expect(RunResult.parse(JSON.parse(json.stdout)).values).toMatchObject([{ text: summary }])
})

test('killed while the reader thinks, the run goes on, asks it once more and pays once', async () => {
  reader.length = 0
  const held = gate.hold('safe')
  const { run } = await send(house, words('k'))
  await held.reached
  await house.kill()
  held.release()
  await house.start()
  const result = await house.result(run)
  expect(result.run).toMatchObject({ state: 'done', influence: { bits: 1 } })
  expect(reader.filter(({ said }) => said.includes('Is it safe?'))).toHaveLength(2)
  const { rows } = await house.client.get(`/api/ledger?run=${run}&limit=100`, LedgerPage)
  const asking = rows.toReversed().filter(({ step }) => step?.startsWith('act.1.0'))
  expect(asking.map(({ step, kind, outcome }) => `${step} ${kind} ${outcome ?? ''}`.trim())).toEqual([
    'act.1.0 intent',
    'act.1.0.read.0 intent',
    'act.1.0.read.0 outcome done:success',
    'act.1.0 outcome done:success',
  ])
  expect(await house.client.get('/api/ledger/verify', LedgerVerification)).toMatchObject({ ok: true })
  expect(await readFile(join(house.workspace, 'news-k.md'), 'utf8')).toBe(`${summary}\n`)
})
