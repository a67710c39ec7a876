/** The key of a model reaches its provider in one header and nobody else: no error, no redirect, no other endpoint. */
import { inspect } from 'node:util'
import { CastellanError, type Provider } from '@castellan/contracts'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { providerFetch } from '../../packages/server/src/adapters/egress/index.ts'
import { type Connection, streamAnswer } from '../../packages/server/src/models/generate.ts'
import { startWebServer } from '../../packages/server/src/testing/web-server.ts'
import type { Script } from '../fakes/script.ts'
import { startFakeModels } from '../fakes/server.ts'

const key = 'sk-CANARY-9f8e7d6c5b4a39281706'
const secretWords = 'the owner is moving to Lisbon'
const fake = await startFakeModels()
const thief = await startWebServer((_request, response) => response.end())
afterAll(() => Promise.all([fake.close(), thief.close()]))
afterEach(() => vi.unstubAllEnvs())

const ends: [Provider, string][] = [
  ['anthropic', fake.anthropicUrl],
  ['openai', fake.openaiUrl],
  ['google', fake.googleUrl],
  ['openai-compatible', fake.openaiUrl],
]

function connect(provider: Provider, baseUrl: string, fetch = providerFetch(baseUrl)): Connection {
  return { model: { name: 'qwen', provider, baseUrl, model: 'some-model' }, key, fetch }
}

async function failure(connection: Connection, script: Script = {}): Promise<CastellanError> {
  fake.script(() => script)
  const prompt = { system: secretWords, messages: [{ role: 'user' as const, text: secretWords }], tools: [] }
  const error: unknown = await streamAnswer(connection, { ...prompt, timeoutMs: 2_000 }).catch(
    (thrown) => thrown,
  )
  if (!(error instanceof CastellanError)) throw new TypeError('no CastellanError', { cause: error })
  return error
}

/** Everything a log or an answer could show of an error, its causes included. */
const everything = (error: CastellanError) =>
  inspect(error, { depth: 12, showHidden: true }) + JSON.stringify(error) + error.stack + error.hint

describe.each(ends)('%s', (provider, baseUrl) => {
  const echoes: [string, Script][] = [
    [
      'whole',
      { status: 401, error: `Incorrect API key provided: ${key}. You can find yours in your account.` },
    ],
    ['in part', { status: 401, error: `Incorrect API key provided: ${key.slice(0, 20)}…` }],
    ['with more', { status: 403, error: `no rights for Bearer ${key}/v1` }],
    ['in a busy answer', { status: 429, error: `key ${key} is over its limit` }],
    ['across the cut of a long message', { status: 400, error: 'x'.repeat(290) + key }],
    ['in an answer header', { status: 500, headers: { 'x-debug': key } }],
    ['in the middle of the stream', { text: 'abc '.repeat(30), streamError: `worker of ${key} died` }],
  ]
  it.each(echoes)('an error that echoes the key %s does not carry it on', async (_how, script) => {
    const shown = everything(await failure(connect(provider, baseUrl), script))
    expect(shown).not.toContain(key.slice(0, 12))
  })

  it('an error holds no word of the prompt', async () => {
    for (const script of [{ status: 500 }, { garbage: 'page' }, { truncate: 'cut' }] as const)
      expect(everything(await failure(connect(provider, baseUrl), script))).not.toContain('Lisbon')
  })

  it('a key that cannot be a header is not quoted', async () => {
    const connection = connect(provider, baseUrl)
    const shown = everything(await failure({ ...connection, key: `${key}\r\nx-evil: 1` }))
    expect(shown).not.toContain(key)
  })

  it.each([301, 302, 307, 308])('a redirect (%i) is not followed', async (status) => {
    const location = `${thief.url}/v1/messages`
    const error = await failure(connect(provider, baseUrl), { status, headers: { location } })
    expect(error).toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining('redirects elsewhere'),
    })
    expect(thief.connections).toBe(0)
  })

  it('not even by a fetch that would follow it', async () => {
    const error = await failure(connect(provider, baseUrl, fetch), { redirect: `${thief.url}/v1/messages` })
    expect(error).toMatchObject({
      code: 'model_failed',
      message: expect.stringContaining('redirects elsewhere'),
    })
    expect(thief.connections).toBe(0)
  })

  it('keys and addresses from the environment are not used', async () => {
    const other = 'sk-from-the-environment'
    for (const name of ['ANTHROPIC', 'OPENAI', 'GOOGLE_GENERATIVE_AI']) {
      vi.stubEnv(`${name}_API_KEY`, other)
      vi.stubEnv(`${name}_BASE_URL`, thief.url)
    }
    vi.stubEnv('ANTHROPIC_AUTH_TOKEN', other)
    fake.script(() => ({ status: 400 }))
    await failure({ ...connect(provider, baseUrl), key: '' }, { status: 400 })
    await failure(connect(provider, baseUrl), { status: 400 })
    const sent = JSON.stringify(fake.requests.map((request) => request.headers))
    expect(sent).not.toContain(other)
    expect(thief.connections).toBe(0)
  })

  it('the key travels in a header, never in the address or the body', async () => {
    await failure(connect(provider, baseUrl), { status: 400 })
    const request = fake.requests.at(-1)
    expect(request?.path).not.toContain(key)
    expect(JSON.stringify(request?.body)).not.toContain(key)
    expect(JSON.stringify(request?.headers)).toContain(key)
  })
})
