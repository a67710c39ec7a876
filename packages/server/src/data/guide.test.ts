import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { homeTenant } from '../database/index.ts'
import { applyData, asCaller } from '../testing/data.ts'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { exampleMigration, examplePermissions } from './files.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

const uncommented = (text: string) =>
  text
    .split('\n')
    .filter((line) => !/^(-- [A-Z]|# [A-Z]|--$|#$|tables: \{\})/.test(line))
    .map((line) => line.replace(/^(-- |# )/, ''))
    .join('\n')

test('what `db new` writes works once the signs of a comment are gone', async () => {
  const done = await applyData(db, {
    migrations: { '0001_projects.sql': uncommented(exampleMigration) },
    permissions: uncommented(examplePermissions),
    dryRun: true,
  })
  expect(done.problems).toEqual([])
  expect(done.changes).toContain('+ grant insert (name) on projects to app_member')
})

test('the guide’s example does what it says', async () => {
  const guide = await readFile(new URL('../../../../docs/guide/data.md', import.meta.url), 'utf8')
  const block = (language: string) => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(guide)?.[1] ?? ''
  const permissions = block('yaml')
  const done = await applyData(db, { migrations: { '0001_recipes.sql': block('sql') }, permissions })
  expect(done.problems).toEqual([])

  const api = new pg.Client({ connectionString: db.apiUrl })
  await api.connect()
  const as = (user: string) => ({ role: 'member' as const, tenant: homeTenant, user })
  const [ann, ben] = ['00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000a2']
  const ask = async (user: string, sql: string) => (await asCaller(api, as(user), (c) => c.query(sql))).rows
  const [made] = await ask(ann, `insert into app.recipes (name) values ('soup') returning id`)
  await ask(ben, `insert into app.ratings (recipe_id, stars) values ('${made?.['id']}', 5)`)
  expect(await ask(ann, 'select stars from app.ratings')).toEqual([{ stars: 5 }])
  expect(await ask(ben, 'select stars from app.ratings')).toEqual([])
  expect(await ask(ben, 'delete from app.recipes returning id')).toEqual([])
  expect(await ask(ann, 'delete from app.recipes returning id')).toEqual([made])
  await api.end()
})
