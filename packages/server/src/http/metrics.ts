/**
 * GET /metrics in the Prometheus format, guarded by METRICS_TOKEN. The counting costs a map entry per kind of answer;
 * prom-client is loaded when somebody asks for the first time.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { CastellanError } from '@castellan/contracts'
import { Hono } from 'hono'
import type { Registry } from 'prom-client'
import type { AppEnv } from './env.ts'

/** A figure of another capability, read when asked for. */
export interface Gauge {
  /** Without the `castellan_` before it, e.g. `questions_open`. */
  readonly name: string
  readonly help: string
  read(): number | Promise<number>
}

/** What another capability counts by a word of its own, read when asked for; never by a word of a stranger's. */
export interface Tally {
  /** Without the `castellan_` before it, e.g. `limits_refused_total`. */
  readonly name: string
  readonly help: string
  readonly label: string
  read(): Iterable<readonly [string, number]>
}

/** Counts answers and tells them to who has the token. */
export interface Metrics {
  readonly routes: Hono<AppEnv>
  /** To be given to `createApp`. */
  onAnswer(method: string, status: number): void
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Makes the metrics; without a token nobody can read them. */
export function makeMetrics(
  token: string | undefined,
  gauges: readonly Gauge[],
  tallies: readonly Tally[] = [],
): Metrics {
  const answers = new Map<string, { labels: { method: string; status: string }; count: number }>()
  let registry: Promise<Registry> | undefined
  const app = new Hono<AppEnv>()
  app.get('/', async function serveMetrics(c) {
    if (!holdsToken(c.req.header('authorization'), token)) {
      throw new CastellanError('not_signed_in', 'Metrics need their token.', {
        hint: 'set METRICS_TOKEN, and send it as Authorization: Bearer TOKEN',
      })
    }
    registry ??= makeRegistry(gauges, tallies, () => answers.values())
    const { contentType, metrics } = await registry.then(async (r) => ({
      contentType: r.contentType,
      metrics: await r.metrics(),
    }))
    return c.body(metrics, 200, { 'content-type': contentType })
  })
  return {
    routes: app,
    onAnswer(method, status) {
      // Methods are a stranger's words: an open set would fill the memory.
      const labels = { method: methods.has(method) ? method : 'other', status: String(status) }
      const key = `${labels.method} ${labels.status}`
      const entry = answers.get(key) ?? { labels, count: 0 }
      entry.count++
      answers.set(key, entry)
    },
  }
}

function holdsToken(authorization: string | undefined, token: string | undefined): boolean {
  if (token === undefined || token === '') return false
  const given = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}

async function makeRegistry(
  gauges: readonly Gauge[],
  tallies: readonly Tally[],
  answers: () => Iterable<{ labels: { method: string; status: string }; count: number }>,
): Promise<Registry> {
  const client = await import('prom-client')
  const registry = new client.Registry()
  client.collectDefaultMetrics({ register: registry })
  new client.Counter({
    name: 'castellan_http_answers_total',
    help: 'Answers by method and status.',
    labelNames: ['method', 'status'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { labels, count } of answers()) this.inc(labels, count)
    },
  })
  for (const tally of tallies) {
    new client.Counter({
      name: `castellan_${tally.name}`,
      help: tally.help,
      labelNames: [tally.label],
      registers: [registry],
      collect() {
        this.reset()
        for (const [word, count] of tally.read()) this.inc({ [tally.label]: word }, count)
      },
    })
  }
  for (const gauge of gauges) {
    new client.Gauge({
      name: `castellan_${gauge.name}`,
      help: gauge.help,
      registers: [registry],
      async collect() {
        this.set(await gauge.read())
      },
    })
  }
  return registry
}
