/**
 * Nobody reads, counts, infers or changes a row of another tenant or beyond their role: random tables, permissions, rows
 * and operations, compared with a model in memory that knows nothing of how permissions are compiled.
 */
import * as fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../packages/server/src/testing/database.ts'
import { caller, type Intent, intent, operationOf } from './data-isolation/draw.ts'
import { byKey, type Graphql, inGraphql, openGraphql } from './data-isolation/graphql.ts'
import type { Claims, Operation } from './data-isolation/model.ts'
import { compare, type Ground, plant, refuseOwner, settle } from './data-isolation/run.ts'
import { inSql } from './data-isolation/sql.ts'
import { type Rows, type Sowing, sow, sowing, type World, world } from './data-isolation/world.ts'

const worlds = 24
const casesPerWorld = 31
const worldsByGraphql = 15
const casesByGraphql = 21

let db: TestDatabase
let api: pg.Client
let ground: Ground
let graphql: Graphql
beforeAll(async () => {
  db = await testDatabase()
  api = new pg.Client({ connectionString: db.apiUrl })
  const owner = new pg.Client({ connectionString: db.dataUrl })
  await Promise.all([api.connect(), owner.connect()])
  ground = { db, ask: inSql(api), owner, admin: await db.superuser(), tally: new Map() }
  graphql = openGraphql(db)
})
afterAll(async () => {
  await Promise.all([api.end(), ground.owner.end(), graphql.close()])
  await db.close()
})

/** One case: rows, and a few callers one after the other. */
interface Case {
  readonly sowing: Sowing
  readonly asked: readonly (readonly [Claims, Intent])[]
}

const cases = (count: number): fc.Arbitrary<readonly Case[]> =>
  fc.array(fc.record({ sowing, asked: fc.array(fc.tuple(caller, intent), { minLength: 3, maxLength: 5 }) }), {
    minLength: count,
    maxLength: count,
    size: 'max',
  })

async function tryAll(
  on: Ground,
  drawn: World,
  some: readonly Case[],
  worded: (operation: Operation, rows: Rows, drawn: Intent) => Operation = (operation) => operation,
): Promise<number> {
  const settled = await settle(on, drawn)
  for (const one of some) {
    let rows = sow(settled, one.sowing)
    await plant(on, rows)
    await refuseOwner(on)
    for (const [claims, wanted] of one.asked) {
      const operation = worded(operationOf(wanted, settled, rows, claims), rows, wanted)
      rows = await compare(on, settled, rows, claims, operation)
    }
  }
  return some.length
}

/** What was tried was not mostly refused at the door. */
function expectVariety({ tally }: Ground, least: number): void {
  const must = ['count: rows', 'relation: rows', 'insert: rows', 'update: rows', 'delete: rows']
  const often = Object.fromEntries(tally)
  expect(often['select: rows']).toBeGreaterThan(10 * least)
  for (const what of [...must, 'insert: policy', 'update: policy', 'select: denied']) {
    expect(often[what] ?? 0, `${what} of ${JSON.stringify(often)}`).toBeGreaterThanOrEqual(least)
  }
}

test('no row, aggregate, relation, error text, count or change crosses a tenant or a role', async () => {
  let tried = 0
  await fc.assert(
    fc.asyncProperty(world, cases(casesPerWorld), async (drawn, some) => {
      tried += await tryAll(ground, drawn, some)
    }),
    { numRuns: worlds, endOnFailure: true },
  )
  expect(tried).toBeGreaterThanOrEqual(700)
  expectVariety(ground, 3)
}, 600_000)

test('nor by way of GraphQL: not in its schemas, lists, pages, counts, relations, answers and mutations', async () => {
  const asked = { ...ground, ask: inGraphql(graphql), tally: new Map() }
  let tried = 0
  await fc.assert(
    fc.asyncProperty(world, cases(casesByGraphql), async (drawn, some) => {
      graphql.changed()
      tried += await tryAll(asked, drawn, some, byKey)
    }),
    { numRuns: worldsByGraphql, endOnFailure: true },
  )
  expect(tried).toBeGreaterThanOrEqual(300)
  expectVariety(asked, 1)
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
      fc.asyncProperty(world, cases(casesPerWorld), async (drawn, some) => {
        await tryAll({ ...ground, sabotage }, drawn, some)
      }),
      { numRuns: worlds, endOnFailure: true },
    )
    expect(found.failed).toBe(true)
  },
  300_000,
)
