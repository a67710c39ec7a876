/** The sensor's marks are evidence. Whatever it says, or fails to say, the same calls are decided in the same way. */
import type { Found } from '@castellan/contracts'
import { label, ownerLabel } from '@castellan/kernel'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { type GatePorts, type Outcome, skill } from '../../packages/server/src/invoke/index.ts'
import { sense } from '../../packages/server/src/sensor/index.ts'
import { honest } from './corpus/honest.ts'
import { hostile } from './corpus/hostile.ts'
import { type Gatehouse, openGatehouse } from './gate.ts'

vi.setConfig({ testTimeout: 90_000 })

let house: Gatehouse
beforeAll(async () => {
  house = await openGatehouse()
})
afterAll(() => house.close())

const page = label(['web:news.example'])
const snippets = [hostile[0], hostile[27], hostile[38], hostile[52], honest[0], honest[3]].flatMap(
  (each) => each ?? [],
)
const body = (index: number) => snippets[index]?.text ?? snippets[index]?.html ?? ''

const read = skill<{ index: number }>({
  name: 'test.page',
  summary: 'Read.',
  effect: 'read',
  args: z.strictObject({ index: z.int() }),
  roles: { index: 'object' },
  output: () => page,
  branches: ['success'],
  repeat: 'safe',
  deadlineMs: 5_000,
  perMinute: 100_000,
  says: () => 'read a page',
  run: async ({ index }) => ({ branch: 'success', value: { text: body(index) }, labels: { '': page } }),
})

const alarm: Found = { kind: 'phrase', weight: 'high', count: 9, excerpt: 'x', where: '' }
/** What the sensor could be: absent, ours, one that cries at everything, one that was silenced. */
const sensors: readonly (readonly [string, Partial<GatePorts>])[] = [
  ['none', {}],
  ['ours', { sense }],
  ['one that cries at everything', { sense: () => Array.from({ length: 20 }, () => alarm) }],
  ['one that is silent', { sense: () => [] }],
]

const names = ['test.read', 'test.write', 'test.send', 'test.execute']

/** One run: a page is read, then every effect is tried, to a target of the owner's and to one of the page's. */
async function decisionsWith(ports: Partial<GatePorts>, index: number) {
  const all = house.skills
  const gate = house.gate({ ...ports, skills: new Map([...all, ['test.page', read]]) })
  const allowed = new Set([...all.keys(), 'test.page'])
  const began = house.call({ skill: 'test.page', args: { index }, allowed })
  const first = await gate({ ...began, facts: { words: ['read it'], label: ownerLabel } })
  if (first.kind !== 'done') throw new Error(first.kind)
  const facts = {
    words: ['send hello to https://peer.example/'],
    label: label(['owner', 'web:news.example']),
    results: [{ skill: 'test.page', args: { index }, value: first.value, labels: first.labels }],
  }
  const decided: unknown[] = [withoutMarks(first)]
  for (const name of names) {
    for (const url of ['https://peer.example/', 'https://evil.example/drop']) {
      const call = house.call({
        run: began.run,
        step: `act.${decided.length}`,
        skill: name,
        args: { url, body: 'hello' },
        facts,
      })
      decided.push(withoutMarks(await gate(call)))
    }
  }
  return { run: began.run, decided, found: first.found }
}

function withoutMarks(outcome: Outcome): unknown {
  if (outcome.kind === 'asks') return { ...outcome, question: '', waitMs: 0 }
  return outcome.kind === 'done' ? { ...outcome, found: undefined } : outcome
}

test('whatever the sensor says, the same is decided and the same is passed on', async () => {
  for (const index of snippets.keys()) {
    const runs = []
    for (const [, ports] of sensors) runs.push(await decisionsWith(ports, index))
    for (const run of runs) expect(run.decided).toEqual(runs[0]?.decided)
    expect(runs[0]?.found).toBeUndefined()
    expect(runs[0]?.decided[0]).toMatchObject({ value: { text: body(index) } })
  }
})

test('what it saw stands in the ledger with the call’s outcome', async () => {
  const { run, found } = await decisionsWith({ sense }, 3)
  expect(found).toMatchObject([{ kind: 'phrase', weight: 'high' }])
  const rows = await house.db.database
    .as(house.db.tenant)
    .selectFrom('castellan.ledger as row')
    .innerJoin('castellan.ledger_bodies as body', 'body.seq', 'row.seq')
    .select('body.body')
    .where('row.run', '=', run)
    .where('row.kind', '=', 'outcome')
    .orderBy('row.seq')
    .execute()
  expect(rows[0]?.body).toMatchObject({ result: { found } })
})
