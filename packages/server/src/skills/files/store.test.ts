import { randomUUID } from 'node:crypto'
import { label, ownerLabel } from '@castellan/kernel'
import { afterAll, beforeEach, expect, it } from 'vitest'
import type { Tenant } from '../../database/index.ts'
import { testDatabase } from '../../testing/database.ts'
import { fileLabels } from './store.ts'

const db = await testDatabase()
afterAll(() => db.close())
const { tenant } = db
const kept = fileLabels(db.database)
const page = label(['web:a.example'], ['models', 'owner'])
const save = (path: string, content: string, text = ownerLabel, name = ownerLabel) =>
  kept.save(tenant, { path, content: Buffer.from(content), text, name })
const read = (path: string, content: string, of = tenant) => kept.ofText(of, path, Buffer.from(content))
beforeEach(async () => {
  await db.database.as(tenant).deleteFrom('castellan.file_labels').execute()
})

it('gives back the label for exactly what was written there, and for nothing else', async () => {
  await save('notes/a.md', 'hello', page)
  expect(await read('notes/a.md', 'hello')).toEqual(page)
  expect(await read('notes/a.md', 'hello ')).toBeNull()
  expect(await read('notes/b.md', 'hello')).toBeNull()
})

it('believes the last to write, whichever way trust goes', async () => {
  await save('a.md', 'one')
  await save('a.md', 'one', page)
  expect(await read('a.md', 'one')).toEqual(page)
  await save('a.md', 'two')
  expect([await read('a.md', 'one'), await read('a.md', 'two')]).toEqual([null, ownerLabel])
})

it('knows the names under a folder, and takes no letter of a name for a pattern', async () => {
  await save('notes/a.md', 'x', page)
  await save('notes_/b.md', 'x')
  await save('notesx/c.md', 'x', ownerLabel, page)
  expect([...(await kept.ofNames(tenant, 'notes_'))]).toEqual([['notes_/b.md', ownerLabel]])
  expect([...(await kept.ofNames(tenant, '')).keys()].sort()).toEqual([
    'notes/a.md',
    'notes_/b.md',
    'notesx/c.md',
  ])
  expect((await kept.ofNames(tenant, 'notesx')).get('notesx/c.md')).toEqual(page)
})

it('tells one tenant nothing of another’s', async () => {
  await save('a.md', 'one')
  const other = randomUUID() as Tenant
  expect(await read('a.md', 'one', other)).toBeNull()
  expect((await kept.ofNames(other, '')).size).toBe(0)
  await expect(
    kept.save(other, { path: 'a.md', content: Buffer.from('x'), text: page, name: page }),
  ).rejects.toThrow()
})
