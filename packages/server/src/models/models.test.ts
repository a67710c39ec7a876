/** Models through their HTTP doors, on a real PostgreSQL and against a fake provider. */
import { CastellanError, errorCodes, type ModelTest, type ModelView } from '@castellan/contracts'
import { Hono } from 'hono'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { startFakeModels } from '../../../../tests/fakes/server.ts'
import { providerFetch } from '../adapters/egress/index.ts'
import type { Tenant } from '../database/index.ts'
import type { AppEnv } from '../http/env.ts'
import { testDatabase } from '../testing/database.ts'
import { ownerIdentity } from '../testing/identity.ts'
import { startWebServer } from '../testing/web-server.ts'
import { createModels, modelRoutes } from './index.ts'
import { FakeSecrets } from './secrets.fake.ts'

const key = 'sk-CANARY-0123456789abcdef'
const prompt = { system: '', messages: [{ role: 'user' as const, text: 'Hello' }], tools: [] }

const fake = await startFakeModels(undefined, {
  ollama: [{ name: 'llama3.2:3b' }, { name: 'gpt-oss:120b-cloud', remote_host: 'https://ollama.com:443' }],
})
const db = await testDatabase()
const secrets = new FakeSecrets()
const models = createModels({ database: db.database, secrets, providerFetch, ollamaUrl: fake.url })
const app = new Hono<AppEnv>()
  .use(async (c, next) => {
    c.set('identity', ownerIdentity)
    await next()
  })
  .route('/api', modelRoutes(models))
app.onError((error) => {
  if (!(error instanceof CastellanError)) throw error
  return Response.json({ message: error.message, hint: error.hint }, { status: errorCodes[error.code].http })
})

afterAll(() => Promise.all([fake.close(), db.close()]))
afterEach(async () => {
  fake.script(() => undefined)
  for (const { name } of await models.list(db.tenant)) await models.remove(db.tenant, name)
})

async function call<T>(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: T; text: string }> {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await app.request(`/api${path}`, { method, ...init })
  const text = await response.text()
  return { status: response.status, text, body: (text === '' ? null : JSON.parse(text)) as T }
}

const qwen = { name: 'qwen', provider: 'openai-compatible', base_url: fake.openaiUrl, model: 'qwen3:8b' }
const claude = {
  name: 'claude',
  provider: 'anthropic',
  base_url: fake.anthropicUrl,
  model: 'claude-x',
  key,
  tier: 'heavy',
}

describe('POST /api/models', () => {
  it('adds a model on this machine without a key', async () => {
    const { status, body } = await call<ModelView>('POST', '/models', { ...qwen, tier: 'local' })
    expect(status).toBe(201)
    expect(body).toMatchObject({ ...qwen, tier: 'local', enabled: true, local: true, has_key: false })
    const list = await call<{ models: ModelView[] }>('GET', '/models')
    expect(list.body.models).toEqual([body])
  })

  it('keeps the key in the vault, and never answers it', async () => {
    const added = await call<ModelView>('POST', '/models', { ...claude, key: `  ${key}\n` })
    expect(added.body.has_key).toBe(true)
    expect(secrets.values.get('model/claude')).toBe(key)
    const listed = await call('GET', '/models')
    const dump = await (await db.superuser()).query('select (m.*)::text as row from castellan.models m')
    const ledger = await (await db.superuser()).query(
      'select (b.*)::text as row from castellan.ledger_bodies b',
    )
    expect(added.text + listed.text + JSON.stringify([dump.rows, ledger.rows])).not.toContain('CANARY')
  })

  it("uses the provider's own address when none is given", async () => {
    const { base_url, ...google } = { ...qwen, provider: 'google', key }
    const { body } = await call<ModelView>('POST', '/models', google)
    expect(body).toMatchObject({ base_url: 'https://generativelanguage.googleapis.com/v1beta', local: false })
  })

  it.each([
    ['a name with capitals', { ...qwen, name: 'Qwen' }],
    ['an unknown key', { ...qwen, extra: 1 }],
    ['an unknown provider', { ...qwen, provider: '__proto__' }],
    ['an openai-compatible model without an address', { ...qwen, base_url: undefined }],
    ['a password in the address', { ...qwen, base_url: 'http://user:pass@127.0.0.1:1/v1' }],
    ['an address that is no web address', { ...qwen, base_url: 'file:///etc/passwd' }],
    ['a local tier elsewhere', { ...claude, base_url: 'https://models.example.org/v1', tier: 'local' }],
    ["a local tier for Ollama's cloud", { ...qwen, model: 'gpt-oss:120b-cloud', tier: 'local' }],
    ['a key with a line break inside', { ...claude, key: `${key}\nx: y` }],
    ["a provider's own endpoint without a key", { ...claude, base_url: undefined, key: undefined }],
  ])('refuses %s', async (_what, body) => {
    const { status, text } = await call('POST', '/models', body)
    expect(status).toBe(400)
    expect(text).not.toContain('CANARY')
    expect((await models.list(db.tenant)).length).toBe(0)
  })

  it('refuses a name that is taken, and leaves the other its key', async () => {
    await call('POST', '/models', claude)
    const again = await call('POST', '/models', { ...qwen, name: 'claude' })
    expect(again.status).toBe(409)
    expect(secrets.values.get('model/claude')).toBe(key)
  })
})

describe('PATCH and DELETE /api/models/:name', () => {
  it('changes tier, model and state', async () => {
    await call('POST', '/models', qwen)
    const change = { tier: 'light', model: 'qwen3:1b', enabled: false }
    expect((await call('PATCH', '/models/qwen', change)).body).toMatchObject({ ...qwen, ...change })
  })

  it('replaces a key', async () => {
    await call('POST', '/models', claude)
    await call('PATCH', '/models/claude', { key: 'sk-another-key' })
    expect(secrets.values.get('model/claude')).toBe('sk-another-key')
  })

  it('refuses to make a local tier of a model elsewhere', async () => {
    await call('POST', '/models', { ...qwen, tier: 'local' })
    const moved = await call('PATCH', '/models/qwen', { base_url: 'https://models.example.org/v1' })
    expect(moved.status).toBe(400)
  })

  it('forgets the key with the model', async () => {
    await call('POST', '/models', claude)
    expect((await call('DELETE', '/models/claude')).status).toBe(204)
    expect(secrets.values.size).toBe(0)
  })

  it.each(['nobody', 'a%00b', "x'--", '%F0%9F%8F%B0'])('answers 404 for %s', async (name) => {
    for (const [method, path, body] of [
      ['PATCH', '', {}],
      ['DELETE', '', undefined],
      ['POST', '/test', undefined],
    ] as const)
      expect((await call(method, `/models/${name}${path}`, body)).status).toBe(404)
  })
})

describe('trying a model', () => {
  it('says what it answered and how long it took', async () => {
    await call('POST', '/models', claude)
    const { body } = await call<ModelTest>('POST', '/models/claude/test')
    expect(body).toMatchObject({ ok: true, reply: 'OK', error: null, hint: null })
    expect(body.latency_ms).toBeGreaterThanOrEqual(0)
    expect(fake.requests.at(-1)).toMatchObject({ said: 'Reply with only: OK', headers: { 'x-api-key': key } })
  })

  it('says why it failed and what to do, without failing itself', async () => {
    fake.script(() => ({ status: 401, error: `Incorrect API key provided: ${key}` }))
    const { status, body, text } = await call<ModelTest>('POST', '/models/test', claude)
    expect(status).toBe(200)
    expect(body).toMatchObject({ ok: false, reply: null, hint: 'Set the key of the model again.' })
    expect(body.error).toContain('refused the key')
    expect(text).not.toContain('CANARY')
    fake.script(() => ({ text: ' ' }))
    expect((await call<ModelTest>('POST', '/models/test', claude)).body.ok).toBe(false)
  })

  it('stores nothing of a candidate', async () => {
    await call('POST', '/models/test', claude)
    expect(await models.list(db.tenant)).toEqual([])
    expect(secrets.values.size).toBe(0)
  })
})

describe('GET /api/models/discover', () => {
  it('finds the Ollama on this machine with the models it runs itself', async () => {
    expect((await call('GET', '/models/discover')).body).toEqual({
      servers: [{ kind: 'ollama', base_url: `${fake.url}/v1`, models: ['llama3.2:3b'] }],
    })
  })

  it('finds nothing where nothing, or something else, listens', async () => {
    const other = await startWebServer((_request, response) => response.end('<html>'))
    const silent = await startWebServer(() => {})
    for (const ollamaUrl of [other.url, silent.url, 'http://127.0.0.1:1'])
      expect(
        await createModels({ database: db.database, secrets, providerFetch, ollamaUrl }).discover(),
      ).toEqual({
        servers: [],
      })
    await Promise.all([other.close(), silent.close()])
  })
})

describe('choosing', () => {
  const tiers = async (...names: string[]) => {
    for (const name of names) {
      const local = name === 'local'
      const base_url = local ? fake.openaiUrl : 'https://models.example.org/v1'
      await call('POST', '/models', { ...qwen, base_url, name, tier: name })
    }
  }
  const chosen = async (tier?: 'light' | 'medium' | 'heavy' | 'local') =>
    (await models.choose(db.tenant, tier)).name

  it('takes the tier asked for, else the nearest', async () => {
    await tiers('heavy', 'local')
    expect(await chosen('light')).toBe('heavy')
    await tiers('medium')
    expect(await chosen()).toBe('medium')
    expect(await chosen('light')).toBe('medium')
    await tiers('light')
    expect(
      await Promise.all(['light', 'medium', 'heavy', 'local'].map((tier) => chosen(tier as 'light'))),
    ).toEqual([...['light', 'medium', 'heavy', 'local']])
  })

  it('never takes a model elsewhere for the local tier', async () => {
    await tiers('medium')
    await expect(chosen('local')).rejects.toMatchObject({ code: 'no_model' })
    await call('POST', '/models', { ...qwen, name: 'here', tier: 'heavy' })
    expect(await chosen('local')).toBe('here')
  })

  it('says how to add a model when there is none', async () => {
    await expect(chosen()).rejects.toMatchObject({
      code: 'no_model',
      hint: expect.stringContaining('castellan model add'),
    })
  })

  it('knows a model on this machine as a local reader, any other as a reader elsewhere', async () => {
    await tiers('local', 'heavy')
    expect((await models.choose(db.tenant, 'local')).reader).toEqual({
      name: 'model:local',
      classes: ['models', 'models:local'],
    })
    expect((await models.choose(db.tenant, 'heavy')).reader).toEqual({
      name: 'model:heavy',
      classes: ['models'],
    })
  })

  it('leaves out a model from the moment it is disabled, also for a run that had chosen it', async () => {
    await call('POST', '/models', qwen)
    expect(await chosen()).toBe('qwen')
    await call('PATCH', '/models/qwen', { enabled: false })
    await expect(chosen()).rejects.toMatchObject({
      code: 'no_model',
      hint: expect.stringContaining('Enable'),
    })
    const before = fake.requests.length
    await expect(models.answer(db.tenant, 'qwen', prompt)).rejects.toMatchObject({ code: 'no_model' })
    expect(fake.requests.length).toBe(before)
    await call('PATCH', '/models/qwen', { enabled: true })
    expect((await models.answer(db.tenant, 'qwen', prompt)).text).toBe('OK')
  })
})

it('spends the key of the model that is asked, for one call each', async () => {
  await call('POST', '/models', claude)
  await call('POST', '/models', qwen)
  secrets.spent.length = 0
  await models.answer(db.tenant, 'qwen', prompt)
  expect(secrets.spent).toEqual([])
  expect(fake.requests.at(-1)?.headers).not.toHaveProperty('authorization')
  await models.answer(db.tenant, 'claude', prompt)
  expect(secrets.spent).toEqual(['model/claude'])
})

it("does not see another tenant's models", async () => {
  const other = '00000000-0000-4000-8000-0000000000ff' as Tenant
  await call('POST', '/models', qwen)
  expect(await models.list(other)).toEqual([])
  await expect(models.choose(other)).rejects.toMatchObject({ code: 'no_model' })
})

it('records every change and every try in the ledger', async () => {
  await call('POST', '/models', claude)
  await call('PATCH', '/models/claude', { tier: 'light' })
  await call('POST', '/models/claude/test')
  await call('DELETE', '/models/claude')
  const rows = await db.database
    .as(db.tenant)
    .selectFrom('castellan.ledger')
    .select(['kind', 'skill', 'outcome'])
    .orderBy('seq', 'desc')
    .limit(4)
    .execute()
  expect(rows.reverse()).toEqual([
    { kind: 'admin', skill: 'models.add', outcome: null },
    { kind: 'admin', skill: 'models.change', outcome: null },
    { kind: 'admin', skill: 'models.test', outcome: 'done' },
    { kind: 'admin', skill: 'models.remove', outcome: null },
  ])
})
