/** What a house lives through: a database that goes away, providers that fail in every way, floods and jumps. Nothing is lost. */
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  ConversationView,
  ErrorBody,
  LedgerVerification,
  ModelTest,
  type RunResult,
} from '@castellan/contracts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { nothing } from '../../packages/cli/src/client.ts'
import { waitUntilGone } from '../../packages/server/src/adapters/postgres/postmaster.ts'
import type { Script } from '../fakes/script.ts'
import { approve, type DigestModel, digestOf, saved, send, startDigestModel } from './digest.ts'
import { type Instance, showWhenFailed, startInstance, until } from './instance.ts'
import { type Site, startSite } from './site.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 })

let site: Site
let model: DigestModel
let house: Instance
showWhenFailed(() => house)
beforeAll(async () => {
  site = await startSite()
  model = await startDigestModel(site)
  house = await startInstance({
    allow: [site.host],
    unsealed: true,
    spawning: { nodeArguments: ['--import', fileURLToPath(new URL('clock.ts', import.meta.url))] },
  })
  await house.client.send('PUT', '/api/settings/MODEL_TIMEOUT_SECONDS', { value: 5 }, nothing)
})
afterAll(async () => {
  await house?.close()
  await Promise.all([model?.close(), site?.close()])
})

let models = 0
/** Each test has a model of its own: what one suffers must not close another's breaker. */
beforeEach(() => house.addModel('anthropic', model.anthropicUrl, `model-${++models}`))
afterEach(async () => {
  await house.client.send('DELETE', `/api/models/model-${models}`, undefined, nothing)
  expect(await house.client.get('/api/ledger/verify', LedgerVerification)).toMatchObject({ ok: true })
})

describe('PostgreSQL', () => {
  async function killPostgres(): Promise<void> {
    const pid = await house.postmaster()
    if (pid === null) throw new Error('no database runs')
    process.kill(pid, 'SIGKILL')
    await waitUntilGone(pid, 10_000)
  }

  test('killed while the model thinks comes back by itself, and the turn ends well', async () => {
    const digest = digestOf(site, 'pg-think')
    const held = model.hold(digest, 1)
    const { run } = await send(house, digest.words)
    await held.reached
    await killPostgres()
    held.release()
    await until(() => approve(house, run), 60_000)
    expect(await house.result(run)).toMatchObject({
      reply: digest.reply,
      run: { state: 'done', error: null },
    })
    expect(await saved(house, digest)).toBe(digest.summary)
    expect(model.asked(digest, 0)).toHaveLength(1)
    // The second answer came while there was nowhere to put it.
    expect(model.asked(digest, 1).length).toBeLessThanOrEqual(2)
    expect(model.asked(digest, 2)).toHaveLength(1)
  })

  test('killed while the feed is fetched and while the owner is asked: the same', async () => {
    const digest = digestOf(site, 'pg-ask')
    const held = site.hold(digest.feed)
    const { run } = await send(house, digest.words)
    await held.reached
    await killPostgres()
    held.release()
    await until(async () => expect((await house.result(run, 'question')).run.state).toBe('waiting'), 60_000)
    await killPostgres()
    await until(() => approve(house, run), 60_000)
    expect(await house.result(run)).toMatchObject({
      reply: digest.reply,
      run: { state: 'done', error: null },
    })
    expect([0, 1, 2].map((step) => model.asked(digest, step).length)).toEqual([1, 1, 1])
  })

  test('away for a while is said in words, and what was begun goes on when it is back', async () => {
    const digest = digestOf(site, 'pg-away')
    const held = model.hold(digest, 0)
    const { run, conversation } = await send(house, digest.words)
    await held.reached
    const settings = join(house.directory, 'data/postgres/data/postgresql.conf')
    const before = await readFile(settings, 'utf8')
    await appendFile(settings, "\nno_such_setting = 'away'\n")
    await killPostgres()
    held.release()

    await until(async () => expect((await fetch(`${house.url}/readyz`)).status).toBe(503))
    expect((await fetch(`${house.url}/healthz`)).status).toBe(200)
    const text = 'Are you there?'
    const refused = await send(house, text, { conversation, externalId: 'away' }).catch((error) => error)
    expect(refused).toMatchObject({ code: 'database_unavailable' })
    expect(refused.message).not.toMatch(/ECONN|ENOENT|SELECT/i)

    await writeFile(settings, before)
    await until(async () => expect((await fetch(`${house.url}/readyz`)).status).toBe(200), 30_000)
    const second = await send(house, text, { conversation, externalId: 'away' })
    await until(() => approve(house, run), 30_000)
    expect(await house.result(run)).toMatchObject({
      reply: digest.reply,
      run: { state: 'done', error: null },
    })
    expect((await house.result(second.run)).reply).toBe('OK')
  })
})

describe('a model provider', () => {
  const passing: Readonly<Record<string, Script>> = {
    'never answers': { hang: 'headers' },
    'falls silent in the middle of its answer': { text: 'Half an ans', hang: 'middle' },
    'is cut off in the middle': { text: 'Half an answer of some length', truncate: 'cut' },
    'ends in the middle as if all were well': { text: 'Half an answer of some length', truncate: 'clean' },
    'sends a web page': { garbage: 'page' },
    'sends bytes that are no stream': { garbage: 'bytes' },
    'sends an event that is no JSON': { text: 'Half an answer of some length', garbage: 'event' },
    'reports a failure in its stream': { text: 'Half an answer', streamError: 'Overloaded' },
    'answers 529': { status: 529 },
    'answers 500': { status: 500 },
  }

  test.each(Object.entries(passing))(
    'that %s is asked again, and nothing of the broken answer stays',
    async (_how, trouble) => {
      const text = `Say OK, model ${models}.`
      model.trip(text, [trouble])
      const { run, conversation } = await send(house, text)
      expect(await house.result(run)).toMatchObject({ reply: 'OK', run: { state: 'done', error: null } })
      expect(model.requests.filter(({ said }) => said === text)).toHaveLength(2)
      const { entries } = await house.client.get(`/api/conversations/${conversation}`, ConversationView)
      expect(JSON.stringify(entries)).not.toContain('Half')
    },
  )

  test('that answers 429 is given the time it asks for', async () => {
    const text = 'Say OK after a pause.'
    model.trip(text, [{ status: 429, headers: { 'retry-after': '2' } }])
    const began = performance.now()
    const { run } = await send(house, text)
    expect(await house.result(run)).toMatchObject({ reply: 'OK', run: { state: 'done' } })
    expect(performance.now() - began).toBeGreaterThan(1_900)
  })

  test('that never works is given up in words, and the next model answers', async () => {
    const text = 'Say OK if you can.'
    model.trip(text, Array(20).fill({ status: 500, error: 'the cluster is on fire' }))
    const { run, conversation } = await send(house, text)
    const result = await house.result(run)
    expect(result).toMatchObject({ reply: null, run: { state: 'failed' } })
    expect(result.run.error).toMatch(/\w+ \w+ \w+/)
    expect(model.requests.filter(({ said }) => said === text).length).toBeLessThanOrEqual(6)
    await house.client.send('DELETE', `/api/models/model-${models}`, undefined, nothing)
    await house.addModel('openai-compatible', model.openaiUrl, `model-${++models}`)
    expect((await house.result((await send(house, 'And now?', { conversation })).run)).reply).toBe('OK')
  })

  test('that is seen to work again by a test is asked again at once', async () => {
    const name = `model-${models}`
    for (const text of ['Say OK, first.', 'Say OK, second.', 'Say OK, third.']) {
      model.trip(text, [{ status: 401, error: 'invalid x-api-key' }])
      await house.result((await send(house, text)).run)
    }
    const { run } = await send(house, 'Is anyone there?')
    expect((await house.result(run)).run.error).toMatch(/left alone/)
    const tested = await house.client.send('POST', `/api/models/${name}/test`, undefined, ModelTest)
    expect(tested.ok).toBe(true)
    expect(await house.result((await send(house, 'And now?')).run)).toMatchObject({ reply: 'OK' })
  })

  test('that refuses the key is asked once, and the words name the key and not its value', async () => {
    const text = 'Say OK with this key.'
    model.trip(text, [{ status: 401, error: 'invalid x-api-key sk-ant-fake-key-of-the-tests' }])
    const result = await house.result((await send(house, text)).run)
    expect(result.run).toMatchObject({ state: 'failed', error: expect.stringMatching(/key/) })
    expect(JSON.stringify(result)).not.toContain('sk-ant-fake-key-of-the-tests')
    expect(model.requests.filter(({ said }) => said === text)).toHaveLength(1)
  })
})

describe('a flood', () => {
  test('of 50 MB from a page is cut off, said to the model, and leaves the memory as it was', async () => {
    const url = `${site.url}/huge`
    model.play(url, [
      { toolCalls: [{ name: 'web_fetch', args: { url } }] },
      { text: 'That page is too large.' },
    ])
    const before = await residentBytes()
    const { run } = await send(house, `Read ${url}`)
    const result = await house.result(run)
    expect(result).toMatchObject({ reply: 'That page is too large.', run: { state: 'done' } })
    const told = model.requests.find(({ said, step }) => said.includes(url) && step === 1)
    expect(told?.messages.at(-1)?.text).toMatch(/^Failed: /)
    expect(JSON.stringify(told).length).toBeLessThan(40_000)
    expect(site.asked('/huge')).toBe(1)
    expect((await residentBytes()) - before).toBeLessThan(50_000_000)
  })

  test('of 10,000 characters is taken whole; of 10,001 refused in words', async () => {
    const text = `${'Ω'.repeat(9_990)} and OK…?`
    expect([...text]).toHaveLength(9_999)
    const most = `${text}!`
    const { run, conversation } = await send(house, most)
    expect((await house.result(run)).reply).toBe('OK')
    expect(model.requests.at(-1)?.said).toBe(most)
    const refused = await raw(`/api/conversations/${conversation}/messages`, { text: `${most}!` })
    expect(refused.status).toBe(400)
    expect(ErrorBody.parse(await refused.json()).error.message).toMatch(/text/)
    const piped = await house.cli(['chat', '--json'], { input: `${most.slice(0, -1)}?` })
    expect([piped.code, JSON.parse(piped.stdout).reply]).toEqual([0, 'OK'])
    const tooMuch = await house.cli(['chat', '--json'], { input: `${most}!` })
    expect([tooMuch.code, JSON.parse(tooMuch.stdout).error.code]).toEqual([1, 'bad_request'])
  })

  test('of a body over the limit is refused before it is read', async () => {
    const refused = await raw('/api/conversations', { title: 'x'.repeat(2_000_000) })
    expect(refused.status).toBe(413)
    expect(ErrorBody.parse(await refused.json()).error.code).toBe('too_large')
  })
})

describe('a clock', () => {
  async function setClock(offset: number): Promise<void> {
    await writeFile(join(dirname(house.directory), 'clock'), String(offset))
    process.kill(house.pid, 'SIGUSR2')
  }
  afterEach(() => setClock(0))
  const hour = 3_600_000

  test('that is set back closes the gate in words, and opens it when it is right again', async () => {
    await setClock(-hour)
    const shut = await until(async () => {
      const result = await ask('Say OK while it is early.')
      expect(result.run.state).toBe('failed')
      return result
    })
    expect((shut as RunResult).run.error).toMatch(/clock of this machine was set back/)
    await setClock(0)
    await until(async () => expect(await ask('Say OK again.')).toMatchObject({ reply: 'OK' }))
  })

  test('that jumps forward by two days holds nothing up', async () => {
    await setClock(48 * hour)
    await until(async () =>
      expect(await ask('Say OK the day after tomorrow.')).toMatchObject({ reply: 'OK' }),
    )
  })

  async function ask(text: string): Promise<RunResult> {
    return house.result((await send(house, text)).run)
  }
})

/** Memory of the server's process. */
async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${house.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024
}

async function raw(path: string, body: unknown): Promise<Response> {
  const { token } = JSON.parse(await readFile(join(house.directory, 'run/server.json'), 'utf8')) as {
    token: string
  }
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  return fetch(`${house.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
}
