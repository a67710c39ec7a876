import { Hono } from 'hono'
import { expect, test } from 'vitest'
import type { AppEnv } from './env.ts'
import { errorAnswer } from './errors.ts'
import { makeMetrics } from './metrics.ts'

function serve(token: string | undefined) {
  const gauge = { name: 'questions_open', help: 'Open questions.', read: async () => 7 }
  const read = () => new Map([['auth', 3]])
  const tally = { name: 'limits_refused_total', help: 'Refused.', label: 'limit', read }
  const metrics = makeMetrics(token, [gauge], [tally])
  const app = new Hono<AppEnv>()
  app.onError((error, c) => errorAnswer(c, error, { info() {}, warn() {}, error() {} }))
  app.route('/metrics', metrics.routes)
  const ask = (authorization?: string) =>
    Promise.resolve(
      app.request('/metrics', { headers: authorization === undefined ? {} : { authorization } }),
    )
  return { metrics, ask }
}

test('counts answers and shows its gauges to who holds the token', async () => {
  const { metrics, ask } = serve('the-token')
  metrics.onAnswer('GET', 200)
  metrics.onAnswer('GET', 200)
  metrics.onAnswer('BREW', 418)
  for (let i = 0; i < 2; i++) {
    const text = await (await ask('Bearer the-token')).text()
    expect(text).toContain('castellan_http_answers_total{method="GET",status="200"} 2')
    expect(text).toContain('castellan_http_answers_total{method="other",status="418"} 1')
    expect(text).toContain('castellan_questions_open 7')
    expect(text).toContain('castellan_limits_refused_total{limit="auth"} 3')
    expect(text).toContain('process_resident_memory_bytes')
  }
})

test('is closed to everyone else, and to everyone while no token is set', async () => {
  for (const authorization of [
    undefined,
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    'the-token',
    'Basic the-token',
    'Bearer undefined',
  ]) {
    for (const token of ['the-token', '', undefined])
      expect((await serve(token).ask(authorization)).status).toBe(401)
  }
})
