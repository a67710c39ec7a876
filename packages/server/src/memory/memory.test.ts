import { randomUUID } from 'node:crypto'
import { MemoryList } from '@castellan/contracts'
import { label, ownerLabel } from '@castellan/kernel'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Tenant } from '../database/index.ts'
import { createApp } from '../http/index.ts'
import { testDatabase } from '../testing/database.ts'
import { ownerIdentity } from '../testing/identity.ts'
import { forgetMemory, memoryRoutes, saveMemory, searchMemories } from './index.ts'

const db = await testDatabase()
afterAll(() => db.close())
const { tenant } = db
const handle = db.database.as(tenant)
beforeEach(async () => {
  await handle.deleteFrom('castellan.memories').execute()
})

const foreign = label(['web:example.org'], ['models', 'owner'])
async function save(text: string, more: { scope?: string; label?: typeof foreign; id?: string } = {}) {
  const memory = { id: randomUUID(), scope: 'default', text, label: ownerLabel, run: null, ...more }
  await saveMemory(tenant, handle, memory)
  return memory.id
}
const mine = { person: 'owner' } as const
const search = async (words: string, scope?: string) => {
  const of = scope === undefined ? mine : { scope }
  return (await searchMemories(tenant, handle, { words, limit: 10, of })).map((memory) => memory.text)
}

describe('a search', () => {
  it('finds memories that hold all the words, the better match first', async () => {
    await save('The dentist is Dr. Blau in Kiel')
    await save('Dr. Blau: Blau, Blau and again Blau is the dentist')
    await save('The plumber is Mr. Rot')
    expect(await search('blau dentist')).toEqual([
      'Dr. Blau: Blau, Blau and again Blau is the dentist',
      'The dentist is Dr. Blau in Kiel',
    ])
  })

  it('knows phrases and exclusions', async () => {
    await save('red car, blue house')
    await save('blue car')
    expect(await search('"blue house"')).toEqual(['red car, blue house'])
    expect(await search('car -house')).toEqual(['blue car'])
  })

  it('falls back to beginnings of words', async () => {
    await save('Zahnarzttermin am Montag')
    expect(await search('zahnarzt')).toEqual(['Zahnarzttermin am Montag'])
    expect(await search('mon')).toEqual(['Zahnarzttermin am Montag'])
    expect(await search('arzt')).toEqual([])
  })

  it.each([
    "'; drop table castellan.memories; --",
    "a' | b:* & !c <-> (",
    '\\',
    ':*',
    '!!!',
    '"',
    '\0',
    '🦊',
    '%_',
  ])('takes %j for words, not for commands', async (words) => {
    await save('kept')
    await search(words)
    expect(await search('kept')).toEqual(['kept'])
  })

  it('stays in its scope, and sees every scope without one', async () => {
    await save('alpha one', { scope: 'work' })
    await save('alpha two', { scope: 'home' })
    expect(await search('alpha', 'work')).toEqual(['alpha one'])
    expect((await search('alpha')).length).toBe(2)
    expect((await search('')).length).toBe(2)
  })

  it('gives back the label that was saved', async () => {
    await save('the owner said so')
    await save('a page said so', { label: foreign })
    const found = await searchMemories(tenant, handle, { words: 'said so', limit: 10, of: mine })
    expect(Object.fromEntries(found.map((memory) => [memory.text, memory.label]))).toEqual({
      'the owner said so': { sources: ['owner'], readers: 'everyone' },
      'a page said so': { sources: ['web:example.org'], readers: ['models', 'owner'] },
    })
  })
})

describe('a memory', () => {
  it('is saved once however often the step is repeated', async () => {
    const id = await save('once')
    await save('once', { id })
    expect(await search('once')).toEqual(['once'])
  })

  it('is forgotten for good', async () => {
    const id = await save('secret wish')
    expect(await forgetMemory(tenant, handle, 'owner', id)).toBe(true)
    expect(await forgetMemory(tenant, handle, 'owner', id)).toBe(false)
    expect(await search('wish')).toEqual([])
  })

  it('of a member is neither seen nor forgotten by anybody else, nor theirs by them', async () => {
    const mia = `member:${randomUUID()}` as const
    const theirs = await save('mia likes tea', { scope: `${mia}/default` })
    const owners = await save('the owner likes tea')
    expect(await search('tea')).toEqual(['the owner likes tea'])
    const seen = await searchMemories(tenant, handle, { words: 'tea', limit: 10, of: { person: mia } })
    expect(seen.map(({ id }) => id)).toEqual([theirs])
    expect(await forgetMemory(tenant, handle, 'owner', theirs)).toBe(false)
    expect(await forgetMemory(tenant, handle, mia, owners)).toBe(false)
    expect(await forgetMemory(tenant, handle, mia, theirs)).toBe(true)
  })

  it('is neither seen nor forgotten by another tenant', async () => {
    const id = await save('mine')
    const other = randomUUID() as Tenant
    const theirs = db.database.as(other)
    expect(await searchMemories(tenant, theirs, { words: 'mine', limit: 10, of: mine })).toEqual([])
    expect(await forgetMemory(tenant, theirs, 'owner', id)).toBe(false)
    expect(await search('mine')).toEqual(['mine'])
  })
})

describe('the routes', () => {
  const app = createApp({
    identify: async ({ cookie }) => (cookie === undefined ? undefined : { ...ownerIdentity, sessionId: 's' }),
    hosts: { port: 7777, tls: false, public: [] },
    routes: { api: [memoryRoutes({ database: db.database })], auth: [] },
    ready: () => true,
    log: { info() {}, warn() {}, error() {} },
  })
  const ask = async (path: string, method = 'GET') =>
    app.request(`http://localhost:7777/api${path}`, {
      method,
      headers: { cookie: 'session=x', origin: 'http://localhost:7777' },
    })

  it('GET /memory searches, newest first without words', async () => {
    await save('first')
    await save('second', { label: foreign, scope: 'work' })
    const all = MemoryList.parse(await (await ask('/memory')).json())
    expect(all.memories.map((memory) => memory.text)).toEqual(['second', 'first'])
    expect(all.memories[0]).toMatchObject({ scope: 'work', label: foreign })
    const some = MemoryList.parse(await (await ask('/memory?q=first&limit=5')).json())
    expect(some.memories.length).toBe(1)
  })

  it('GET /memory refuses unknown parameters', async () => {
    expect((await ask('/memory?q=a&scope=b')).status).toBe(400)
    expect((await ask('/memory?limit=0')).status).toBe(400)
  })

  it('DELETE /memory/:id forgets, once', async () => {
    const id = await save('gone')
    expect((await ask(`/memory/${id}`, 'DELETE')).status).toBe(204)
    expect((await ask(`/memory/${id}`, 'DELETE')).status).toBe(404)
    expect((await ask('/memory/nonsense', 'DELETE')).status).toBe(404)
    expect(await search('gone')).toEqual([])
  })

  it('neither is open to strangers', async () => {
    expect((await app.request('http://localhost:7777/api/memory')).status).toBe(401)
  })
})
