import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { ownerIdentity } from '../testing/identity.ts'
import { type Deliver, deliverDue, loadNotices, type Outgoing } from './outbox.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())
beforeEach(async () => {
  await db.database.as(db.tenant).deleteFrom('castellan.outbox').execute()
})

async function queue(channel: string, text: string) {
  const row = { id: randomUUID(), tenant_id: db.tenant, channel, external_key: randomUUID() }
  await db.database
    .as(db.tenant)
    .insertInto('castellan.outbox')
    .values({ ...row, body: JSON.stringify({ text }), last_error: null })
    .execute()
}

const bringForward = () =>
  db.database
    .as(db.tenant)
    .updateTable('castellan.outbox')
    .set({ next_attempt_at: new Date(0) })
    .execute()

test('delivers each row once, even with several deliverers at work', async () => {
  const delivered: Outgoing[] = []
  const channels = new Map<string, Deliver>([
    ['web', async (_tenant, outgoing) => void delivered.push(outgoing)],
  ])
  for (const text of ['a', 'b', 'c']) await queue('web', text)
  await Promise.all([1, 2, 3].map(() => deliverDue(db.tenant, db.database, channels)))
  expect(delivered.map((each) => each.body)).toHaveLength(3)
  expect(new Set(delivered.map((each) => each.key)).size).toBe(3)
})

test('waits longer after each failure and gives the same key again', async () => {
  const keys: string[] = []
  let fail = true
  const channels = new Map<string, Deliver>([
    [
      'web',
      async (_tenant, { key }) => {
        keys.push(key)
        if (fail) throw new Error('the channel is down')
      },
    ],
  ])
  await queue('web', 'a')
  await deliverDue(db.tenant, db.database, channels)
  expect(await deliverDue(db.tenant, db.database, channels)).toBe(0)
  await bringForward()
  fail = false
  await deliverDue(db.tenant, db.database, channels)
  expect(new Set(keys).size).toBe(1)
  expect(await loadNotices(ownerIdentity, db.database)).toMatchObject([{ state: 'sent', error: null }])
})

test('lays aside and shows what cannot be delivered', async () => {
  await queue('pigeon', 'a')
  for (let n = 0; n < 8; n++) {
    await bringForward()
    await deliverDue(db.tenant, db.database, new Map())
  }
  expect(await loadNotices(ownerIdentity, db.database)).toMatchObject([
    { state: 'dead', error: 'this channel is not set up', text: 'a' },
  ])
})
