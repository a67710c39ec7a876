/** Someone who owns the machine alters the ledger of a running house as PostgreSQL's superuser; `castellan ledger verify` tells. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Accepted, LedgerVerification } from '@castellan/contracts'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { readPostmaster } from '../../packages/server/src/adapters/postgres/postmaster.ts'
import { approve } from './digest.ts'
import { type Instance, showWhenFailed, startInstance, until } from './instance.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let house: Instance
let superuser: pg.Client
showWhenFailed(() => house)
beforeAll(async () => {
  house = await startInstance()
  for (let index = 0; index < 3; index++) {
    const { run } = await house.client.send('POST', '/api/first-run/approval', undefined, Accepted)
    await approve(house, run)
    await house.result(run)
  }
  const { code } = await house.cli(['ledger', 'checkpoint'])
  expect(code).toBe(0)
  superuser = await becomeSuperuser(house)
  await superuser.query('create table kept as table castellan.ledger')
  await superuser.query('create table kept_bodies as table castellan.ledger_bodies')
})
afterAll(async () => {
  await superuser?.end().catch(() => {})
  await house?.close()
})
afterEach(async () => {
  await superuser.query(`begin; delete from castellan.ledger; insert into castellan.ledger table kept;
    delete from castellan.ledger_bodies; insert into castellan.ledger_bodies table kept_bodies; commit`)
})

async function verify(): Promise<{ code: number; found: LedgerVerification }> {
  const { code, stdout } = await house.cli(['ledger', 'verify', '--json'])
  return { code, found: LedgerVerification.parse(JSON.parse(stdout)) }
}

test('an untouched ledger verifies, exit code 0', async () => {
  const { code, found } = await verify()
  expect([code, found.ok, found.broken]).toEqual([0, true, []])
  expect(found.rows).toBeGreaterThanOrEqual(12)
  expect(found.checkpointed).toBeGreaterThanOrEqual(12)
})

describe('a superuser', () => {
  const attacks: Readonly<Record<string, readonly [sql: string, found: object[]]>> = {
    'changes a row': [
      "update castellan.ledger set decision = 'allow' where seq = 2",
      [{ seq: 2, kind: 'changed' }],
    ],
    'changes whom a row blames': [
      "update castellan.ledger set principal = '{owner}' where seq = 6",
      [{ seq: 6, kind: 'changed' }],
    ],
    'removes a row': ['delete from castellan.ledger where seq = 5', [{ seq: 5, kind: 'removed' }]],
    'puts two rows in another order': [
      `update castellan.ledger set seq = -7 where seq = 8; update castellan.ledger set seq = 8 where seq = 7;
       update castellan.ledger set seq = 7 where seq = -7`,
      [
        { seq: 7, kind: 'reordered' },
        { seq: 8, kind: 'reordered' },
      ],
    ],
    'changes what a row was about': [
      `update castellan.ledger_bodies set body = '{"args":{"path":"else.md"}}' where seq = 3`,
      [{ seq: 3, kind: 'body' }],
    ],
  }

  test.each(Object.entries(attacks))(
    '%s: the broken rows are named, exit code 4',
    async (_name, [sql, broken]) => {
      await superuser.query(sql)
      const { code, found } = await verify()
      expect([code, found.ok, found.broken]).toEqual([4, false, broken])
    },
  )

  test('inserts a row between two: it is among the broken rows, exit code 4', async () => {
    await superuser.query(
      `update castellan.ledger set seq = -seq - 1 where seq > 4;
       update castellan.ledger set seq = -seq where seq < 0;
       insert into castellan.ledger select tenant_id, 5, at, kind, run, 'act.9.0', principal, 'shell.run', 'allow', rules, args,
         outcome, hash, repeat('c', 64) from castellan.ledger where seq = 4`,
    )
    const { code, found } = await verify()
    expect([code, found.ok]).toEqual([4, false])
    expect(found.broken).toContainEqual({ seq: 5, kind: 'inserted' })
  })

  test('cuts off the end: the signed checkpoint remembers it', async () => {
    await superuser.query(
      'delete from castellan.ledger where seq > 9; delete from castellan.ledger_bodies where seq > 9; delete from castellan.ledger_checkpoints',
    )
    const { code, found } = await verify()
    expect([code, found.broken.map(({ kind }) => kind)]).toEqual([4, expect.arrayContaining(['truncated'])])
  })

  test('changes the stopped instance’s database: its ledger tells as well', async () => {
    await superuser.query("update castellan.ledger set outcome = 'denied' where kind = 'approval'")
    await superuser.end()
    await house.stop()
    const { code, found } = await verify()
    expect([code, new Set(found.broken.map(({ kind }) => kind))]).toEqual([4, new Set(['changed'])])
    await house.start()
    superuser = await becomeSuperuser(house)
  })
})

/** The embedded cluster lets no superuser in; whoever owns its files can change that. */
async function becomeSuperuser({ directory }: Instance): Promise<pg.Client> {
  const data = join(directory, 'data/postgres/data')
  const rules = join(data, 'pg_hba.conf')
  const text = await readFile(rules, 'utf8')
  const trust = 'local all postgres trust\n'
  if (!text.startsWith(trust)) await writeFile(rules, trust + text)
  const found = await readPostmaster(data)
  if (found === null) throw new Error('no database runs')
  process.kill(found.pid, 'SIGHUP')
  let client = new pg.Client()
  await until(async () => {
    client = new pg.Client({ host: found.socketDirectory, user: 'postgres', database: 'castellan' })
    await client.connect()
  })
  client.on('error', () => {})
  return client
}
