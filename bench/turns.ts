/** Messages through the whole house: accepted, answered by a model without latency, and the end seen by a client. */
import { DBOS } from '@dbos-inc/dbos-sdk'
import { Pool } from 'undici'
import { startChild } from './child.ts'
import type { Cluster } from './cluster.ts'
import { type House, startHouse } from './house.ts'
import { cpuSeconds, tree } from './machine.ts'
import { type Figure, median, percentile } from './report.ts'

const message = 'What is the weather like at the sea today, and should I take a coat?'

/** POST of a message until its acknowledgement, one at a time. */
export async function acceptRows(cluster: Cluster): Promise<Figure[]> {
  const floors = await bareInserts(await cluster.superuser('bench_inserts'), 500)
  const house = await startHouse()
  try {
    const samples: number[] = []
    await turns(house, 30, 1)
    for (let n = 0, conversation = ''; n < 400; n++) {
      if (n % 20 === 0) conversation = await house.conversation()
      const began = performance.now()
      const run = await house.post(conversation, message)
      samples.push(performance.now() - began)
      await house.ended(run)
    }
    return quantiles('accept to durable', samples, floors, 'hono + pg, one durable insert')
  } finally {
    await house.close()
  }
}

async function bareInserts(database: string, count: number): Promise<number[]> {
  const server = await startChild('floor-server.ts', { database })
  const pool = new Pool(server.url, { connections: 1, pipelining: 1 })
  const body = JSON.stringify({ text: message })
  const samples: number[] = []
  for (let n = -50; n < count; n++) {
    const began = performance.now()
    const answer = await pool.request({ method: 'POST', path: '/', body })
    await answer.body.text()
    if (n >= 0) samples.push(performance.now() - began)
  }
  await pool.destroy()
  await server.stop()
  return samples
}

/** What the house adds to the model's own time, one message at a time. */
export async function turnRows(cluster: Cluster): Promise<Figure[]> {
  const floor = await oneStepWorkflows(await cluster.superuser('bench_workflows'), 300)
  const house = await startHouse()
  try {
    await turns(house, 40, 1)
    const fresh = await turns(house, 400, 1)
    const same = await turns(house, 400, 50)
    const direct: number[] = []
    for (let n = 0; n < 300; n++) direct.push(await house.direct())
    const own = median(direct)
    const without = (samples: number[]) => samples.map((each) => each - own)
    const bars = { p50: 30, p99: 120 }
    const what = 'DBOS workflow of one empty step'
    const said = `less the model's own ${own.toFixed(2)} ms, p99 ${percentile(direct, 0.99).toFixed(2)}`
    return [
      ...quantiles('turn overhead, new conversation each', without(fresh), floor, what, bars, said),
      ...quantiles('turn overhead, same conversation (50 turns)', without(same), floor, what, bars),
    ]
  } finally {
    await house.close()
  }
}

/** Turns one after the other; `per` in each conversation. Milliseconds each. */
async function turns(house: House, count: number, per: number): Promise<number[]> {
  const samples: number[] = []
  for (let n = 0, conversation = ''; n < count; n++) {
    if (n % per === 0) conversation = await house.conversation()
    const began = performance.now()
    samples.push((await house.ended(await house.post(conversation, message))) - began)
  }
  return samples
}

async function oneStepWorkflows(url: string, count: number): Promise<number[]> {
  const quiet = { info() {}, debug() {}, warn() {}, error: console.error }
  const step = DBOS.registerStep(async () => 'done', { name: 'step' })
  const workflow = DBOS.registerWorkflow(async () => step(), { name: 'one step' })
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, logger: quiet, tracingEnabled: false })
  await DBOS.launch()
  const samples: number[] = []
  for (let n = -50; n < count; n++) {
    const began = performance.now()
    await workflow()
    if (n >= 0) samples.push(performance.now() - began)
  }
  await DBOS.shutdown()
  return samples
}

const abreast = 8
const rounds = 5
const turnsEach = 30

/** Turns per second with eight conversations, each sending its next message when the last one has been answered. */
export async function rateRows(): Promise<Figure[]> {
  const house = await startHouse()
  try {
    await round(house, 10)
    const before = used(house)
    const rates: number[] = []
    for (let n = 0; n < rounds; n++) rates.push(await round(house, turnsEach))
    const after = used(house)
    const perTurn = (what: 'node' | 'database') =>
      (((after[what] - before[what]) * 1000) / (rounds * abreast * turnsEach)).toFixed(1)
    const began = performance.now()
    const calls = 2_000
    await Promise.all(Array.from({ length: abreast }, () => times(calls / abreast, () => house.direct())))
    const floor = calls / ((performance.now() - began) / 1000)
    const spread = `${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)}`
    return [
      {
        ...{ name: 'turns/s, 8 conversations', value: median(rates), unit: '/s', bar: 100 },
        floor: { what: 'model called directly, 8 at once', value: floor },
        note: `${spread}; processor ms per turn: node ${perTurn('node')}, PostgreSQL ${perTurn('database')}`,
      },
    ]
  } finally {
    await house.close()
  }
}

async function round(house: House, each: number): Promise<number> {
  const conversations = await Promise.all(Array.from({ length: abreast }, () => house.conversation()))
  const began = performance.now()
  const talk = (conversation: string) =>
    times(each, async () => house.ended(await house.post(conversation, message)))
  await Promise.all(conversations.map(talk))
  return (abreast * each) / ((performance.now() - began) / 1000)
}

function used(house: House): { node: number; database: number } {
  const node = cpuSeconds([house.pid])
  return { node, database: cpuSeconds(tree(house.pid)) - node }
}

async function times(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let n = 0; n < count; n++) await work()
}

function quantiles(
  name: string,
  samples: readonly number[],
  floors: readonly number[],
  what: string,
  bars: { p50?: number; p99?: number } = {},
  note?: string,
): Figure[] {
  return (
    [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const
  ).map(([mark, share]) => ({
    ...{ name: `${name} ${mark}`, value: percentile(samples, share), unit: 'ms' as const },
    floor: { what, value: percentile(floors, share) },
    ...(bars[mark] === undefined ? {} : { bar: bars[mark] }),
    ...(note === undefined || mark === 'p99' ? {} : { note }),
  }))
}
