/** A model provider that hangs, lies about its protocol, floods or stops in the middle. Nothing of it may pass for an answer. */
import { CastellanError, type Provider } from '@castellan/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { providerFetch } from '../../packages/server/src/adapters/egress/index.ts'
import { type Connection, streamAnswer } from '../../packages/server/src/models/generate.ts'
import type { Prompt } from '../../packages/server/src/models/index.ts'
import { startWebServer } from '../../packages/server/src/testing/web-server.ts'
import type { Script } from '../fakes/script.ts'
import { startFakeModels, writable } from '../fakes/server.ts'

const fake = await startFakeModels()
const flood = await startWebServer(async (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const chunk = Buffer.alloc(1024 * 1024, 'x')
  while (!response.destroyed) if (!response.write(chunk)) await writable(response)
})
afterAll(() => Promise.all([fake.close(), flood.close()]))

function connect(provider: Provider, baseUrl: string): Connection {
  const model = { name: 'qwen', provider, baseUrl, model: 'some-model' }
  return { model, key: 'key-0123456789', fetch: providerFetch(baseUrl) }
}

const toFake: typeof fetch = (input, init) =>
  providerFetch(fake.url)(String(input).replace('https://api.openai.com', fake.url), init)

const connections: [string, Connection][] = [
  ['anthropic', connect('anthropic', fake.anthropicUrl)],
  ['openai', { ...connect('openai', fake.openaiUrl) }],
  ['openai responses', { ...connect('openai', 'https://api.openai.com/v1'), fetch: toFake }],
  ['google', connect('google', fake.googleUrl)],
  ['openai-compatible', connect('openai-compatible', fake.openaiUrl)],
]

const tools = [
  { name: 'web.fetch', description: 'Reads a page.', schema: { type: 'object', properties: {} } },
]
const prompt: Prompt = { system: '', messages: [{ role: 'user', text: 'Hello' }], tools, timeoutMs: 20_000 }
const text = 'a sentence of some length '.repeat(8)

async function failureOf(
  connection: Connection,
  script: Script,
  more: Partial<Prompt> = {},
): Promise<CastellanError> {
  fake.script(() => script)
  const error: unknown = await streamAnswer(connection, { ...prompt, ...more }).then(
    (answer) => new Error(`answered ${JSON.stringify(answer).slice(0, 200)}`),
    (failure: unknown) => failure,
  )
  if (!(error instanceof CastellanError)) throw error
  return error
}

describe.each(connections)('%s', (_name, connection) => {
  // A provider's library is loaded at its first call; silence is measured here, not loading.
  beforeAll(() => failureOf(connection, { text, garbage: 'page' }))

  it.each(['headers', 'middle'] as const)('a hang (%s) ends after the silence allowed', async (hang) => {
    const dropped = fake.dropped()
    const error = await failureOf(connection, { text, hang }, { timeoutMs: 100 })
    expect(error).toMatchObject({ code: 'model_timeout', details: { retryable: true } })
    expect(error.message).toContain('silent for 0.1 seconds')
    await expect.poll(() => fake.dropped()).toBe(dropped + 1)
  })

  it('a drip that never falls silent ends at the deadline', async () => {
    const drip = { text: Array.from({ length: 1000 }, () => '.'), betweenMs: 10 }
    const error = await failureOf(connection, drip, { timeoutMs: 5_000, deadlineMs: 150 })
    expect(error).toMatchObject({
      code: 'model_timeout',
      message: expect.stringContaining('within 0.15 seconds'),
    })
  })

  it.each(['page', 'bytes', 'event'] as const)('garbage (%s) is no answer', async (garbage) => {
    expect(await failureOf(connection, { text, garbage })).toMatchObject({
      code: 'model_failed',
      details: { retryable: true },
    })
  })

  it.each(['cut', 'clean'] as const)('a stream that ends early (%s) is no answer', async (truncate) => {
    expect(await failureOf(connection, { text, truncate })).toMatchObject({
      code: 'model_failed',
      details: { retryable: true },
    })
  })

  it('a tool call that is cut off is not called', async () => {
    const toolCalls = [{ name: 'web_fetch', args: { url: 'https://example.org/'.repeat(9) } }]
    for (const truncate of ['cut', 'clean'] as const)
      expect(await failureOf(connection, { text: [], toolCalls, truncate })).toMatchObject({
        code: 'model_failed',
      })
  })

  it('an error in the middle of the stream is an error, in the words of the provider', async () => {
    const error = await failureOf(connection, {
      text,
      streamError: 'the \u202eGPU\u0000 is\n\nlost'.padEnd(900, '!'),
    })
    expect(error.code).toMatch(/^model_(failed|rate_limited)$/)
    expect(error.message).toContain('GPU is lost!!!')
    expect(error.message.length).toBeLessThan(450)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(error.message).not.toMatch(/[\u0000-\u001f\u202e]/)
  })

  it('a flood of text ends the call', async () => {
    const error = await failureOf(
      connection,
      { text: 'x'.repeat(4_100_000), piece: 50_000 },
      { timeoutMs: 5_000 },
    )
    expect(error).toMatchObject({ code: 'model_failed', details: { retryable: false } })
  })

  it('a flood of calls ends the call', async () => {
    const toolCalls = Array.from({ length: 200 }, () => ({ name: 'web_fetch', args: {} }))
    expect(await failureOf(connection, { toolCalls }, { timeoutMs: 5_000 })).toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining('more than 128 tools'),
    })
  })

  it('text that no database stores is made storable', async () => {
    fake.script(() => ({ text: ['NUL \0 and half \ud83d', ' a pair, and \ud83d', '\ude00'] }))
    const answer = await streamAnswer(connection, prompt)
    expect(answer.text).toBe('NUL \ufffd and half \ufffd a pair, and 😀')
  })
})

it('a flood without a single event ends the call', async () => {
  const started = performance.now()
  for (const provider of ['anthropic', 'openai', 'google', 'openai-compatible'] as const) {
    const error = await failureOf(connect(provider, `${flood.url}/v1`), {}, { timeoutMs: 5_000 })
    expect(error).toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining('more than an answer'),
    })
  }
  expect(performance.now() - started).toBeLessThan(15_000)
})

describe.each(connections.filter(([name]) => name !== 'google'))('%s', (_name, connection) => {
  it('arguments that are no JSON come back as text with the reason', async () => {
    fake.script(() => ({ toolCalls: [{ name: 'web_fetch', args: '{"url": "https://example.org/" oops' }] }))
    const { toolCalls, finish } = await streamAnswer(connection, prompt)
    expect(finish).toBe('tool_calls')
    expect(toolCalls).toMatchObject([
      {
        name: 'web.fetch',
        args: '{"url": "https://example.org/" oops',
        problem: 'The arguments are not valid JSON.',
      },
    ])
  })

  it('a name of any length comes back short', async () => {
    fake.script(() => ({ toolCalls: [{ id: 'i'.repeat(5000), name: 'n'.repeat(100_000), args: {} }] }))
    const [call] = (await streamAnswer(connection, prompt)).toolCalls
    expect([call?.id.length, call?.name.length]).toEqual([200, 200])
  })

  it('calls that share an id, or name a skill nobody offered, stay apart and as they are', async () => {
    const call = { id: 'same', name: 'shell_run', args: { argv: ['id'] } }
    fake.script(() => ({ toolCalls: [call, call] }))
    const { toolCalls } = await streamAnswer(connection, prompt)
    expect(toolCalls.map(({ name }) => name)).toEqual(['shell_run', 'shell_run'])
    expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(2)
  })
})
