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
import { compare, type Ground, plant, refuseOwner, settle } from './data-isolation/run.ts'
import { type Sowing, sow, sowing, type World, world } from './data-isolation/world.ts'

const worlds = 34
const casesPerWorld = 31

let db: TestDatabase
let ground: Ground
beforeAll(async () => {
  db = await testDatabase()
  const [api, owner] = [db.apiUrl, db.dataUrl].map((url) => new pg.Client({ connectionString: url }))
  if (api === undefined || owner === undefined) throw new TypeError('two connections')
  await Promise.all([api.connect(), owner.connect()])
  ground = { db, api, owner, admin: await db.superuser(), tally: new Map() }
})
afterAll(async () => {
  await Promise.all([ground.api.end(), ground.owner.end()])
  await db.close()
})

/** One case: rows, and a few callers one after the other. */
interface Case {
  readonly sowing: Sowing
  readonly asked: readonly (readonly [Claims, Intent])[]
}

const cases: fc.Arbitrary<readonly Case[]> = fc.array(
  fc.record({ sowing, asked: fc.array(fc.tuple(caller, intent), { minLength: 3, maxLength: 5 }) }),
  { minLength: casesPerWorld, maxLength: casesPerWorld, size: 'max' },
)

async function tryAll(on: Ground, drawn: World, some: readonly Case[]): Promise<number> {
  const settled = await settle(on, drawn)
  for (const one of some) {
    let rows = sow(settled, one.sowing)
    await plant(on, rows)
    await refuseOwner(on)
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
  // What was tried was not mostly refused at the door.
  const often = (what: string) => ground.tally.get(what) ?? 0
  expect(often('select: rows')).toBeGreaterThan(100)
  const must = ['count: rows', 'relation: rows', 'insert: rows', 'update: rows', 'delete: rows']
  for (const what of [...must, 'insert: policy', 'update: policy', 'select: denied']) {
    expect(often(what), what).toBeGreaterThan(4)
  }
}, 600_000)

const tables = ['t0', 't1', 't2']
test.each([
  [
    'the wall between tenants',
    tables.map((name) => `drop policy castellan_tenant on app.${name}`).join('; '),
  ],
  [
    'row level security for the owner of the tables',
    tables.map((name) => `alter table app.${name} no force row level security`).join('; '),
  ],
  [
    'the look at what a row refers to',
    `do $$ declare f regprocedure; begin
       for f in select oid from pg_proc where pronamespace = 'app_rules'::regnamespace and proname like 'sees%' loop
         execute format('create or replace function %s returns boolean language sql stable as $q$select true$q$', f);
       end loop; end $$`,
  ],
])(
  'without %s the comparison fails',
  async (_, sabotage) => {
    const found = await fc.check(
      fc.asyncProperty(world, cases, async (drawn, some) => {
        await tryAll({ ...ground, sabotage }, drawn, some)
      }),
      { numRuns: worlds, endOnFailure: true },
    )
    expect(found.failed).toBe(true)
  },
  300_000,
)
