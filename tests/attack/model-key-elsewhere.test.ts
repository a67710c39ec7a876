/** Someone in the owner's session points a model at another address, to have its key sent there. */
import { afterAll, beforeEach, expect, it } from 'vitest'
import { providerFetch } from '../../packages/server/src/adapters/egress/index.ts'
import { createModels } from '../../packages/server/src/models/index.ts'
import { FakeSecrets } from '../../packages/server/src/models/secrets.fake.ts'
import { testDatabase } from '../../packages/server/src/testing/database.ts'
import { startFakeModels } from '../fakes/server.ts'

const key = 'sk-CANARY-0123456789abcdef'
const provider = await startFakeModels()
const thief = await startFakeModels()
const db = await testDatabase()
const secrets = new FakeSecrets()
const models = createModels({ database: db.database, secrets, providerFetch })
afterAll(() => Promise.all([provider.close(), thief.close(), db.close()]))

const prompt = { system: '', messages: [{ role: 'user' as const, text: 'Hello' }], tools: [] }
const mine = { name: 'mine', provider: 'openai' as const, model: 'm', tier: 'medium' as const }
const stolen = () => JSON.stringify(thief.requests).includes('CANARY')

beforeEach(async () => {
  for (const { name } of await models.list(db.tenant)) await models.remove(db.tenant, name)
  await models.add(db.tenant, { ...mine, base_url: provider.openaiUrl, key })
})

it('a new address without the key is refused, and the old one stays in force', async () => {
  await expect(models.patch(db.tenant, 'mine', { base_url: thief.openaiUrl })).rejects.toMatchObject({
    code: 'bad_request',
  })
  await models.answer(db.tenant, 'mine', prompt)
  expect(provider.requests.length).toBeGreaterThan(0)
  expect(stolen()).toBe(false)
})

it('another path on the same host is another address', async () => {
  const base_url = `${provider.url}/someone-else/v1`
  await expect(models.patch(db.tenant, 'mine', { base_url })).rejects.toMatchObject({ code: 'bad_request' })
})

it('a new address gets the new key only', async () => {
  await models.patch(db.tenant, 'mine', { base_url: thief.openaiUrl, key: 'sk-made-up-by-thief' })
  await models.answer(db.tenant, 'mine', prompt)
  expect(thief.requests.at(-1)?.headers).toMatchObject({ authorization: 'Bearer sk-made-up-by-thief' })
  expect(stolen()).toBe(false)
})

it('a crash between taking the old key and giving the new leaves no key at all', async () => {
  const set = secrets.set
  secrets.set = () => Promise.reject(new Error('the process died here'))
  const moved = models.patch(db.tenant, 'mine', { base_url: thief.openaiUrl, key: 'sk-made-up-by-thief' })
  await expect(moved).rejects.toThrow('the process died here')
  secrets.set = set
  await models.answer(db.tenant, 'mine', prompt)
  expect(thief.requests.at(-1)?.headers).not.toHaveProperty('authorization')
  expect(stolen()).toBe(false)
})

it('a removed model leaves no key to a later one of its name', async () => {
  await models.remove(db.tenant, 'mine')
  await models.add(db.tenant, { ...mine, base_url: thief.openaiUrl })
  await models.answer(db.tenant, 'mine', prompt)
  expect(stolen()).toBe(false)
})

it('a key left behind in the vault is not taken over by a new model', async () => {
  await secrets.set(db.tenant, 'model/other', 'api-key', key)
  await models.add(db.tenant, { ...mine, name: 'other', base_url: thief.openaiUrl })
  await models.answer(db.tenant, 'other', prompt)
  expect(stolen()).toBe(false)
})

it('trying a candidate of a known name does not lend it that key', async () => {
  const result = await models.testCandidate(db.tenant, { ...mine, base_url: thief.openaiUrl })
  expect(result.ok).toBe(true)
  expect(stolen()).toBe(false)
})
