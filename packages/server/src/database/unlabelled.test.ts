import { randomBytes, randomUUID } from 'node:crypto'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { label, unknownLabel } from '@castellan/kernel'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { loadEntries } from '../agent/entries.ts'
import { pastedOf } from '../agent/pasted.ts'
import { searchMemories } from '../memory/index.ts'
import { type Database, homeTenant, openDatabase } from './index.ts'
import { migrate } from './migrate.ts'

const shipped = fileURLToPath(new URL('./migrations/', import.meta.url))
const name = `unlabelled_${randomBytes(6).toString('hex')}`
const at = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href
const cluster = inject('castellanCluster')
const urls = { appUrl: at(cluster.appUrl), migrateUrl: at(cluster.migrateUrl) }
const conversation = randomUUID()
let directory: string
let database: Database

async function asSuperuser(run: (client: pg.Client) => Promise<unknown>, url = cluster.superuserUrl) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await run(client)
  } finally {
    await client.end()
  }
}

/** A database as it was before labels of files, with rows from that time. */
beforeAll(async () => {
  await asSuperuser((client) => client.query(`create database ${name} owner castellan_migrate`))
  directory = await mkdtemp(join(tmpdir(), 'migrations-'))
  await cp(shipped, directory, { recursive: true })
  for (const file of await readdir(directory)) if (file >= '0005') await rm(join(directory, file))
  await migrate({ ...urls, directory })
  await asSuperuser(fill, at(cluster.superuserUrl))
  await cp(shipped, directory, { recursive: true })
  await migrate({ ...urls, directory })
  database = openDatabase(urls.appUrl)
})

afterAll(async () => {
  await database.close()
  await asSuperuser((client) => client.query(`drop database ${name} with (force)`))
  await rm(directory, { recursive: true })
})

async function fill(client: pg.Client) {
  await client.query(
    `insert into castellan.conversations (id, tenant_id, title, persona, channel) values ($1, $2, '', 'default', 'web')`,
    [conversation, homeTenant],
  )
  const memory = `insert into castellan.memories (id, tenant_id, scope, text, sources) values ($1, $2, 'default', $3, $4)`
  await client.query(memory, [randomUUID(), homeTenant, 'nobody', []])
  await client.query(memory, [randomUUID(), homeTenant, 'told', ['owner']])
  await client.query(memory, [randomUUID(), homeTenant, 'read', ['owner', 'web:a.example']])
  const entry = `insert into castellan.entries (id, tenant_id, conversation_id, run_id, step, kind, body, sources)
    values ($1, $2, $3, $4, 'words', 'owner', $5, $6)`
  const rows = [
    [{ kind: 'owner', text: 'pay bob' }, ['owner']],
    [{ kind: 'owner', text: 'hello', pasted: [] }, ['owner']],
    [{ kind: 'owner', text: 'who', pasted: [] }, []],
  ]
  for (const [body, sources] of rows)
    await client.query(entry, [
      randomUUID(),
      homeTenant,
      conversation,
      randomUUID(),
      JSON.stringify(body),
      sources,
    ])
}

test('memories without a source become the least trusted, and what was told may have been pasted', async () => {
  const found = await searchMemories(homeTenant, database.as(homeTenant), {
    words: '',
    limit: 9,
    of: { person: 'owner' },
  })
  expect(Object.fromEntries(found.map((memory) => [memory.text, memory.label]))).toEqual({
    nobody: unknownLabel,
    told: label(['owner', 'pasted']),
    read: label(['owner', 'pasted', 'web:a.example']),
  })
})

test('messages from before pastes were noted count as pasted whole', async () => {
  const lines = await loadEntries(homeTenant, database.as(homeTenant), conversation)
  const told = lines.map(({ content, label }) =>
    content.kind === 'owner' ? [content.text, label, pastedOf(content)] : [],
  )
  expect(told).toEqual([
    ['pay bob', label(['owner', 'pasted']), [{ from: 0, to: 7 }]],
    ['hello', label(['owner']), []],
    ['who', unknownLabel, []],
  ])
})

test('no row without a source can be written any more', async () => {
  const insert = database
    .as(homeTenant)
    .insertInto('castellan.memories')
    .values({
      id: randomUUID(),
      tenant_id: homeTenant,
      scope: 'default',
      text: 'x',
      sources: [],
      readers: null,
    })
    .execute()
  await expect(insert).rejects.toThrow('check constraint')
})
