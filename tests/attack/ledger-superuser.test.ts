/** Whoever holds the machine edits the ledger of a stopped instance past every right, and says nothing. */

import { execFile } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { castellan, scratch, up } from '../../packages/cli/src/testing/castellan.ts'
import { runAsStoppedSuperuser } from '../../packages/server/src/adapters/postgres/index.ts'

let place: Awaited<ReturnType<typeof scratch>>
let whole: string
let home: string
let copies = 0

beforeAll(async () => {
  place = await scratch()
  whole = join(place.path, 'whole')
  // A few rows: signing-in links and settings are recorded, and the stop signs the head.
  const running = await up(whole)
  for (let links = 0; links < 3; links++) await castellan(['open', '--no-open', '--dir', whole])
  running.child.kill('SIGTERM')
  await running.end
})
afterAll(() => place.remove())
beforeEach(async () => {
  copies += 1
  home = join(place.path, `copy-${copies}`)
  await promisify(execFile)('cp', ['-a', whole, home])
})

async function verify() {
  const { code, stdout } = await castellan(['ledger', 'verify', '--json', '--dir', home])
  return { code, found: JSON.parse(stdout) }
}

const tamper = (...sql: string[]) => runAsStoppedSuperuser(join(home, 'data/postgres'), sql)

test('an untouched ledger is intact', async () => {
  const { code, found } = await verify()
  expect(code).toBe(0)
  expect(found).toMatchObject({ ok: true, broken: [] })
  expect(found.rows).toBeGreaterThanOrEqual(4)
  expect(found.checkpointed).toBe(found.rows)
})

const attacks: [string, string[]][] = [
  ['changed', [`update castellan.ledger set outcome = 'other' where seq = 2`]],
  ['removed', ['delete from castellan.ledger where seq = 2']],
  ['cut off', ['delete from castellan.ledger where seq = (select max(seq) from castellan.ledger)']],
  [
    'inserted',
    [
      'update castellan.ledger set seq = seq + 1000 where seq > 2',
      `insert into castellan.ledger select tenant_id, 3, at, kind, run, step, principal, skill, decision, rules, args, outcome, prev, hash from castellan.ledger where seq = 2`,
      'update castellan.ledger set seq = seq - 999 where seq > 1000',
    ],
  ],
  [
    're-ordered',
    [
      'update castellan.ledger set seq = 1002 where seq = 2',
      'update castellan.ledger set seq = 2 where seq = 3',
      'update castellan.ledger set seq = 3 where seq = 1002',
    ],
  ],
  [
    'emptied with its checkpoints',
    ['delete from castellan.ledger', 'delete from castellan.ledger_checkpoints'],
  ],
]

test.each(attacks)('a row %s is found', async (_what, statements) => {
  await tamper(...statements)
  const { code, found } = await verify()
  expect(code).toBe(4)
  expect(found.ok).toBe(false)
  expect(found.broken.length).toBeGreaterThan(0)
})

test('an older copy of the database is found by the checkpoint file', async () => {
  const running = await up(whole)
  await castellan(['open', '--no-open', '--dir', whole])
  running.child.kill('SIGTERM')
  await running.end
  await cp(join(whole, 'ledger-checkpoints.jsonl'), join(home, 'ledger-checkpoints.jsonl'))
  expect((await verify()).code).toBe(4)
})
