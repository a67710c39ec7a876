/**
 * Nobody reads, counts, infers or changes a row of another tenant or beyond their role: random tables, permissions, rows
 * and operations, compared with a model in memory that knows nothing of how permissions are compiled.
 */
import * as fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../packages/server/src/testing/database.ts'
import { caller, type Intent, intent, operationOf } from './data-isolation/draw.ts'
import type { Claims } from './data-isolation/model.ts'
import { compare, type Ground, plant, settle } from './data-isolation/run.ts'
import { type Sowing, sow, sowing, type World, world } from './data-isolation/world.ts'

const worlds = 60
const casesPerWorld = 20

let db: TestDatabase
let ground: Ground
beforeAll(async () => {
  db = await testDatabase()
  const api = new pg.Client({ connectionString: db.apiUrl })
  await api.connect()
  ground = { db, api, admin: await db.superuser() }
})
afterAll(async () => {
  await ground.api.end()
  await db.close()
})

/** One case: rows, and a few callers one after the other. */
interface Case {
  readonly sowing: Sowing
  readonly asked: readonly (readonly [Claims, Intent])[]
}

const cases: fc.Arbitrary<readonly Case[]> = fc.array(
  fc.record({ sowing, asked: fc.array(fc.tuple(caller, intent), { minLength: 3, maxLength: 6 }) }),
  { minLength: casesPerWorld, maxLength: casesPerWorld, size: 'max' },
)

async function tryAll(on: Ground, drawn: World, some: readonly Case[]): Promise<number> {
  const settled = await settle(on, drawn)
  for (const one of some) {
    let rows = sow(settled, one.sowing)
    await plant(on, rows)
    for (const [claims, wanted] of one.asked) {
      rows = await compare(on, settled, rows, claims, operationOf(wanted, settled, rows, claims))
    }
  }
  return some.length
}

test('no row, aggregate, relation, error text, count or change crosses a tenant or a role', async () => {
  let tried = 0
  await fc.assert(
    fc.asyncProperty(world, cases, async (drawn, some) => {
      tried += await tryAll(ground, drawn, some)
    }),
    { numRuns: worlds, endOnFailure: true },
  )
  expect(tried).toBeGreaterThanOrEqual(1_000)
}, 300_000)
