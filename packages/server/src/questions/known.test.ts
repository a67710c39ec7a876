import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { loadFresh, saveUse, type Use } from './known.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

const use = (changes: Partial<Use> = {}): Use => ({
  ...{ skill: 'http.post', effect: 'send', reached: [], accounts: [] },
  ...changes,
})
const fresh = (one: Use, words: string[] = []) => loadFresh(db.tenant, db.database.as(db.tenant), one, words)
const used = (one: Use) => saveUse(db.tenant, db.database.as(db.tenant), one)

test('what was used with success is not new', async () => {
  const one = use({ skill: 'mail.send', reached: ['anna@a.example'], accounts: ['DE89370400440532013000'] })
  expect(await fresh(one)).toEqual({
    skill: true,
    targets: [
      { value: 'anna@a.example', resembles: null },
      { value: 'DE89370400440532013000', resembles: null },
    ],
  })
  await used(one)
  await used(one)
  expect(await fresh(one)).toEqual({ skill: false, targets: [] })
})

test('having read a page makes its host known for reading, and new for sending to it', async () => {
  const page = use({ skill: 'web.fetch', effect: 'read', reached: ['news.example'] })
  await used(page)
  expect((await fresh(page)).targets).toEqual([])
  expect((await fresh(use({ reached: ['news.example'] }))).targets).toEqual([
    { value: 'news.example', resembles: null },
  ])
})

test('reading inside the house leaves no trace', async () => {
  await used(use({ skill: 'file.read', effect: 'read' }))
  expect((await fresh(use({ skill: 'file.read' }))).skill).toBe(true)
})

test.each([
  ['an address that was written to', 'anna@a.examp1e', [], 'anna@a.example'],
  [
    'a host in the owner’s words',
    'raiffeisen-login.org',
    ['Pay at https://raiffeisen.example/now.'],
    'raiffeisen.example',
  ],
  [
    'a host in the spelling of machines',
    'xn--riffeisen-0yh.example',
    ['See raiffeisen.example.'],
    'raiffeisen.example',
  ],
])('what looks like %s is told', async (_name, value, words, resembles) => {
  expect(await fresh(use({ reached: [value] }), words)).toMatchObject({ targets: [{ value, resembles }] })
})
