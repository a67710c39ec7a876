import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { loadFresh, saveUse, type Use } from './known.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

const use = (changes: Partial<Use> = {}): Use => ({
  ...{ of: 'owner', skill: 'http.post', effect: 'send', reached: [], accounts: [] },
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

test('what one person used is neither known nor a resemblance to another', async () => {
  const [owner, mia, ben] = ['owner', 'member:m1', 'member:m10']
  const to = (of: string, reached: string) => use({ of, skill: `skill.${reached}`, reached: [reached] })
  await used(to(owner, 'secret@bank.example'))
  await used(to(mia, 'friend@club.example'))
  for (const of of [mia, ben, 'member:m']) {
    expect(await fresh({ ...to(of, 'secret@bank.examp1e'), skill: 'skill.secret@bank.example' })).toEqual({
      skill: true,
      targets: [{ value: 'secret@bank.examp1e', resembles: null }],
    })
  }
  expect(await fresh(to(ben, 'friend@club.example'))).toMatchObject({ skill: true, targets: [{}] })
  expect(await fresh(to(owner, 'friend@club.examp1e'))).toMatchObject({ targets: [{ resembles: null }] })
  expect(await fresh(to(mia, 'friend@club.example'))).toEqual({ skill: false, targets: [] })
  expect(await fresh(to(mia, 'friend@club.examp1e'))).toMatchObject({
    targets: [{ resembles: 'friend@club.example' }],
  })
})
