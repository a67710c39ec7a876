/** Each provider's real SDK against a fake that speaks its protocol. */
import type { Provider } from '@castellan/contracts'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Script } from '../../../../tests/fakes/script.ts'
import { startFakeModels } from '../../../../tests/fakes/server.ts'
import { providerFetch } from '../adapters/egress/index.ts'
import { type Connection, streamAnswer } from './generate.ts'
import type { Prompt, Tool } from './types.ts'

const fake = await startFakeModels()
afterAll(() => fake.close())
beforeEach(() => fake.script(() => undefined))

function connect(provider: Provider, baseUrl: string, fetch = providerFetch(baseUrl)): Connection {
  return { model: { name: 'qwen', provider, baseUrl, model: 'some-model' }, key: 'key-0123456789', fetch }
}

/** OpenAI's own address, answered by the fake: there the Responses API is spoken. */
const toFake: typeof fetch = (input, init) =>
  providerFetch(fake.url)(String(input).replace('https://api.openai.com', fake.url), init)

const connections: [string, Connection][] = [
  ['anthropic', connect('anthropic', fake.anthropicUrl)],
  ['openai at another address', connect('openai', fake.openaiUrl)],
  ['openai at home', connect('openai', 'https://api.openai.com/v1', toFake)],
  ['google', connect('google', fake.googleUrl)],
  ['openai-compatible', connect('openai-compatible', fake.openaiUrl)],
]

const fetchTool: Tool = {
  name: 'web.fetch',
  description: 'Reads a page.',
  schema: {
    type: 'object',
    properties: { url: { type: 'string' } },
    required: ['url'],
    additionalProperties: false,
  },
}
const hello: Prompt = { system: 'Be brief.', messages: [{ role: 'user', text: 'Hello' }], tools: [fetchTool] }

function play(script: Script) {
  fake.script(() => script)
}

describe.each(connections)('%s', (_name, connection) => {
  const last = () => fake.requests.at(-1)

  it('streams the text and counts the tokens', async () => {
    play({ text: 'Grüße from 🏰 the castle, at length.', piece: 5, usage: { input: 12, output: 7 } })
    const heard: string[] = []
    const answer = await streamAnswer(connection, { ...hello, onText: (delta) => heard.push(delta) })
    expect(answer).toEqual({
      text: 'Grüße from 🏰 the castle, at length.',
      toolCalls: [],
      usage: { input_tokens: 12, output_tokens: 7 },
      finish: 'stop',
    })
    expect(heard.length).toBeGreaterThan(3)
    expect(heard.join('')).toBe(answer.text)
    expect(heard.every((delta) => delta.isWellFormed())).toBe(true)
    expect(last()).toMatchObject({ system: 'Be brief.', said: 'Hello', tools: ['web_fetch'] })
    expect(last()?.model).toContain('some-model')
  })

  it('hands back several tool calls under our names', async () => {
    const calls = ['https://a.example/', 'https://b.example/'].map((url) => ({
      name: 'web_fetch',
      args: { url },
    }))
    play({ text: 'Looking.', toolCalls: calls })
    const answer = await streamAnswer(connection, hello)
    expect(answer).toMatchObject({ text: 'Looking.', finish: 'tool_calls' })
    expect(answer.toolCalls).toMatchObject([
      { name: 'web.fetch', args: { url: 'https://a.example/' } },
      { name: 'web.fetch', args: { url: 'https://b.example/' } },
    ])
    expect(new Set(answer.toolCalls.map((call) => call.id)).size).toBe(2)
  })

  it('sends results back with their calls, whatever ids and opaque parts they carry', async () => {
    play({ toolCalls: [{ id: 'toolu_1', name: 'web_fetch', args: { url: 'https://a.example/' } }] })
    const first = await streamAnswer(connection, hello)
    play({ text: 'Done.' })
    const results = first.toolCalls.map((call) => ({
      role: 'tool' as const,
      callId: call.id,
      name: call.name,
      text: 'a page',
    }))
    const answer = await streamAnswer(connection, {
      ...hello,
      messages: [
        ...hello.messages,
        { role: 'assistant', text: first.text, toolCalls: first.toolCalls },
        ...results,
      ],
    })
    expect(answer.text).toBe('Done.')
    const [, asked, result] = last()?.messages ?? []
    expect(asked?.calls).toMatchObject([{ name: 'web_fetch', args: { url: 'https://a.example/' } }])
    expect(result).toMatchObject({ role: 'tool', text: 'a page', callId: asked?.calls[0]?.id })
    expect(last()?.step).toBe(1)
  })

  it('sends something for a call without a result and for arguments that were no object', async () => {
    await streamAnswer(connection, {
      ...hello,
      messages: [
        { role: 'user', text: 'Hello' },
        {
          role: 'assistant',
          text: '',
          toolCalls: [
            { id: 'x y', name: 'web.fetch', args: '{"url":' },
            { id: 'z', name: 'gone.skill', args: {} },
          ],
        },
        { role: 'tool', callId: 'z', name: 'gone.skill', text: '' },
        { role: 'user', text: 'And now?' },
        { role: 'assistant', text: '', toolCalls: [] },
        { role: 'user', text: 'Hm \ud83c' },
      ],
    })
    const messages = last()?.messages ?? []
    expect(messages[1]?.calls).toMatchObject([
      { name: 'web_fetch', args: { unreadable: '{"url":' } },
      { name: 'gone_skill', args: {} },
    ])
    expect(messages[2]?.text).toBe('No result of this call was recorded.')
    expect(JSON.stringify(last()?.body)).not.toContain('\\ud83c')
  })

  it('says when the answer was cut off or withheld', async () => {
    play({ text: 'Once upon', finish: 'length' })
    expect((await streamAnswer(connection, hello)).finish).toBe('length')
    play({ text: 'I will not.', finish: 'filtered' })
    expect((await streamAnswer(connection, hello)).finish).toBe('filtered')
  })

  it('keeps reasoning out of the answer', async () => {
    play({ thinking: 'The owner greets me.', text: 'Hello.' })
    expect((await streamAnswer(connection, hello)).text).toBe('Hello.')
  })

  it('asks for no more than the given number of tokens', async () => {
    await streamAnswer(connection, { ...hello, maxOutputTokens: 321 })
    expect(JSON.stringify(last()?.body)).toContain('321')
  })

  it('says how long the provider wants to be left alone, and asks once', async () => {
    const before = fake.requests.length
    play({ status: 429, error: 'Too many requests.', headers: { 'retry-after': '7' } })
    await expect(streamAnswer(connection, hello)).rejects.toMatchObject({
      code: 'model_rate_limited',
      details: { retryAfterMs: 7000, status: 429, retryable: true },
      message: expect.stringContaining('Too many requests.'),
    })
    // Whether to try again is for the durable loop to say.
    expect(fake.requests.length).toBe(before + 1)
  })

  it('says that the key was refused', async () => {
    play({ status: 401, error: 'invalid key' })
    await expect(streamAnswer(connection, hello)).rejects.toMatchObject({
      code: 'model_failed',
      details: { retryable: false, status: 401 },
      hint: 'Set the key of the model again.',
    })
  })

  it('tells a failing server from a refusing one', async () => {
    play({ status: 503, error: 'overloaded' })
    await expect(streamAnswer(connection, hello)).rejects.toMatchObject({
      details: { retryable: true, status: 503 },
    })
    play({ status: 400, error: 'maximum context length is 8192 tokens' })
    await expect(streamAnswer(connection, hello)).rejects.toMatchObject({
      details: { retryable: false, status: 400 },
      hint: expect.stringContaining('fresh'),
    })
  })

  it('rejects with the reason of whoever stopped it, and drops the connection', async () => {
    play({ text: 'a long story '.repeat(100), betweenMs: 5 })
    const stop = new AbortController()
    const reason = new Error('the owner pressed stop')
    const dropped = fake.dropped()
    const onText = () => stop.abort(reason)
    await expect(streamAnswer(connection, { ...hello, signal: stop.signal, onText })).rejects.toBe(reason)
    await expect.poll(() => fake.dropped()).toBe(dropped + 1)
    await expect(streamAnswer(connection, { ...hello, signal: stop.signal })).rejects.toBe(reason)
  })

  it('hands back what the listener throws', async () => {
    const failure = new TypeError('listener')
    const onText = () => {
      throw failure
    }
    await expect(streamAnswer(connection, { ...hello, onText })).rejects.toBe(failure)
  })
})

describe('streamAnswer', () => {
  const [, compatible] = connections[4] as [string, Connection]

  it('estimates the tokens of a provider that does not count them', async () => {
    play({ text: 'x'.repeat(400), usage: { input: 0, output: 0 } })
    const { usage } = await streamAnswer(compatible, hello)
    expect(usage.output_tokens).toBeGreaterThanOrEqual(100)
    expect(usage.input_tokens).toBeGreaterThan(30)
  })

  it('is patient with a slow answer as long as something comes', async () => {
    play({ text: Array.from({ length: 12 }, () => 'slow '), betweenMs: 25 })
    const answer = await streamAnswer(compatible, { ...hello, timeoutMs: 150 })
    expect(answer.text).toBe('slow '.repeat(12))
  })

  it('gives Google its thought signature back, without which it refuses its own call', async () => {
    const google = connect('google', fake.googleUrl)
    play({ toolCalls: [{ name: 'web_fetch', args: {} }] })
    const { toolCalls } = await streamAnswer(google, hello)
    const stored = JSON.parse(JSON.stringify(toolCalls)) as typeof toolCalls
    await streamAnswer(google, {
      ...hello,
      messages: [...hello.messages, { role: 'assistant', text: '', toolCalls: stored }],
    })
    expect(JSON.stringify(fake.requests.at(-1)?.body)).toContain(
      '"thoughtSignature":"CiQBy9rjFakeSignature0Q=="',
    )
  })

  it('asks OpenAI not to keep the conversation, and not to make every argument required', async () => {
    await streamAnswer(connect('openai', 'https://api.openai.com/v1', toFake), hello)
    expect(fake.requests.at(-1)?.body).toMatchObject({ store: false, tools: [{ strict: false }] })
  })

  it('sends no key header without a key', async () => {
    await streamAnswer({ ...compatible, key: '' }, hello)
    expect(fake.requests.at(-1)?.headers).not.toHaveProperty('authorization')
    await expect(
      streamAnswer({ ...connect('google', fake.googleUrl), key: '' }, hello),
    ).rejects.toMatchObject({
      message: expect.stringContaining('wants a key'),
    })
  })

  it('treats a tool result that answers no call as a fault of ours', async () => {
    const messages = [{ role: 'tool' as const, callId: 'x', name: 'web.fetch', text: '' }]
    await expect(streamAnswer(compatible, { ...hello, messages })).rejects.toThrow(TypeError)
  })

  it('keeps two tools apart whose names are one on the wire', async () => {
    const tools = [fetchTool, { ...fetchTool, name: 'web_fetch' }]
    play({
      toolCalls: [
        { name: 'web_fetch_2', args: {} },
        { name: 'nonsense', args: {} },
      ],
    })
    const answer = await streamAnswer(compatible, { ...hello, tools })
    expect(answer.toolCalls.map((call) => call.name)).toEqual(['web_fetch', 'nonsense'])
    expect(fake.requests.at(-1)?.tools).toEqual(['web_fetch', 'web_fetch_2'])
  })
})
