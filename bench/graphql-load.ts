/** Twenty clients that ask the same thing again and again; how often a second, and how long the slow ones take. */
import { text } from 'node:stream/consumers'
import { Pool } from 'undici'

interface Load {
  readonly url: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
  readonly connections: number
  readonly seconds: number
  /** Must stand in every answer. */
  readonly expected: string
}

const load = JSON.parse(await text(process.stdin)) as Load
const pool = new Pool(load.url, { connections: load.connections, pipelining: 1 })
const headers = { 'content-type': 'application/json', ...load.headers }

async function ask(): Promise<number> {
  const began = performance.now()
  const answer = await pool.request({ method: 'POST', path: load.path, headers, body: load.body })
  const said = await answer.body.text()
  if (answer.statusCode !== 200 || !said.includes(load.expected))
    throw new Error(`${answer.statusCode} ${said.slice(0, 300)}`)
  return performance.now() - began
}

async function round(seconds: number): Promise<{ samples: number[]; elapsed: number }> {
  const samples: number[] = []
  const began = performance.now()
  const end = began + seconds * 1000
  const client = async () => {
    while (performance.now() < end) samples.push(await ask())
  }
  await Promise.all(Array.from({ length: load.connections }, client))
  return { samples, elapsed: performance.now() - began }
}

const { samples: warming } = await round(2)
const { samples, elapsed } = await round(load.seconds)
samples.sort((a, b) => a - b)
const at = (share: number) => samples[Math.floor(samples.length * share)]
const count = warming.length + samples.length
console.log(JSON.stringify({ count, rate: samples.length / (elapsed / 1000), p50: at(0.5), p99: at(0.99) }))
await pool.destroy()
