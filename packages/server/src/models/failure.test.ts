/** What people are told when a provider fails, and what the durable loop is told with it. */
import { CastellanError, type Provider } from '@castellan/contracts'
import { afterAll, expect, it } from 'vitest'
import type { Script } from '../../../../tests/fakes/script.ts'
import { startFakeModels } from '../../../../tests/fakes/server.ts'
import { providerFetch } from '../adapters/egress/index.ts'
import { type Connection, streamAnswer } from './generate.ts'

const fake = await startFakeModels()
afterAll(() => fake.close())

function connect(provider: Provider, baseUrl: string): Connection {
  const model = { name: 'qwen', provider, baseUrl, model: 'some-model' }
  return { model, key: 'key-0123456789', fetch: providerFetch(baseUrl) }
}

const compatible = connect('openai-compatible', fake.openaiUrl)
const hello = { system: 'Be brief.', messages: [{ role: 'user' as const, text: 'Hello' }], tools: [] }

function play(script: Script) {
  fake.script(() => script)
}

it('reads every way in which a provider says how long to wait', async () => {
  play({ status: 429, headers: { 'retry-after-ms': '250' } })
  await expect(streamAnswer(compatible, hello)).rejects.toMatchObject({ details: { retryAfterMs: 250 } })
  play({ status: 429, headers: { 'retry-after': new Date(Date.now() + 30_000).toUTCString() } })
  const error = await streamAnswer(compatible, hello).catch((failure: unknown) => failure)
  expect((error as { details: { retryAfterMs: number } }).details.retryAfterMs).toBeGreaterThan(25_000)
  play({ status: 429 })
  await expect(streamAnswer(connect('google', fake.googleUrl), hello)).rejects.toMatchObject({
    details: { retryAfterMs: 17_000 },
  })
})

it('does not call an empty account a busy one', async () => {
  play({ status: 429, error: 'You exceeded your current quota.', errorCode: 'insufficient_quota' })
  await expect(streamAnswer(connect('openai', fake.openaiUrl), hello)).rejects.toMatchObject({
    code: 'model_failed',
    details: { retryable: false },
  })
})

it('says that nothing listens there', async () => {
  const gone = await startFakeModels()
  await gone.close()
  await expect(streamAnswer(connect('openai-compatible', gone.openaiUrl), hello)).rejects.toMatchObject({
    code: 'model_failed',
    message: expect.stringContaining('refused the connection'),
    hint: expect.stringContaining(gone.openaiUrl),
  })
})

it('says that the other side speaks no TLS', async () => {
  const url = fake.openaiUrl.replace('http:', 'https:')
  await expect(streamAnswer(connect('openai-compatible', url), hello)).rejects.toMatchObject({
    code: 'model_failed',
    message: expect.stringContaining('TLS'),
  })
})

it('says that nobody vouches for the certificate', async () => {
  const cause = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  const refusing = () => Promise.reject(new TypeError('fetch failed', { cause }))
  await expect(streamAnswer({ ...compatible, fetch: refusing }, hello)).rejects.toMatchObject({
    code: 'model_failed',
    message: expect.stringContaining('no TLS certificate that can be verified (DEPTH_ZERO_SELF_SIGNED_CERT)'),
  })
})

it('passes on what the way out refuses', async () => {
  const refusal = new CastellanError('address_refused', 'Not there; nothing was sent.')
  const refusing = () => Promise.reject(refusal)
  await expect(streamAnswer({ ...compatible, fetch: refusing }, hello)).rejects.toBe(refusal)
})
