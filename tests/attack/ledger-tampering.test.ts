/** A superuser of PostgreSQL alters the ledger. Every alteration up to the last checkpoint must be found and named. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashOf } from '@castellan/kernel'
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Ledger, openLedger } from '../../packages/server/src/ledger/index.ts'
import { rowHash } from '../../packages/server/src/ledger/verify.ts'
import { type TestDatabase, testDatabase } from '../../packages/server/src/testing/database.ts'

let db: TestDatabase
let superuser: pg.Client
let directory: string
let file: string
let ledger: Ledger

beforeEach(async () => {
  db = await testDatabase()
  superuser = await db.superuser()
  directory = await mkdtemp(join(tmpdir(), 'castellan-ledger-'))
  file = join(directory, 'ledger-checkpoints.jsonl')
  ledger = openLedger({ database: db.database, checkpointFile: file, signingSeed: randomBytes(32) })
  for (let index = 1; index <= 12; index += 1) await append(`note-${index}`)
})

afterEach(async () => {
  await db.close()
  await rm(directory, { recursive: true })
})

function append(text: string) {
  const args = { path: `${text}.md`, text }
  return ledger.append(db.database.as(db.tenant), db.tenant, {
    kind: 'decision',
    run: 'run',
    step: text,
    principal: ['owner', 'agent:default'],
    skill: 'file.write',
    decision: 'ask',
    rules: ['effect-asks'],
    argsHash: hashOf(args),
    outcome: null,
    body: { args },
  })
}

/** What verification finds, as `seq kind`. */
async function found(): Promise<string[]> {
  const { ok, broken } = await ledger.verify(db.tenant)
  expect(ok).toBe(broken.length === 0)
  return broken.map(({ seq, kind }) => `${seq} ${kind}`)
}

const renumber = (from: number, to: number) =>
  superuser.query('update castellan.ledger set seq = $2 where seq = $1', [from, to])

/** Gives a row and all after it new hashes, as someone would who knows the format. */
async function reseal(from: number): Promise<void> {
  const { rows } = await superuser.query('select * from castellan.ledger where seq >= $1 - 1 order by seq', [
    from,
  ])
  let prev: string = rows[0].hash
  for (const { tenant_id, ...row } of rows.slice(1)) {
    const hash = rowHash(tenant_id, { ...row, seq: Number(row.seq), prev })
    await superuser.query('update castellan.ledger set prev = $2, hash = $3 where seq = $1', [
      row.seq,
      prev,
      hash,
    ])
    prev = hash
  }
}

test('an untouched ledger verifies', async () => {
  expect(await ledger.verify(db.tenant)).toEqual({ ok: true, rows: 12, broken: [], checkpointed: 0 })
  await ledger.checkpoint(db.tenant)
  await append('later')
  expect(await ledger.verify(db.tenant)).toEqual({ ok: true, rows: 13, broken: [], checkpointed: 12 })
})

describe('without any checkpoint', () => {
  test.each([
    ['at', "'2020-01-01T00:00:00.000Z'"],
    ['kind', "'outcome'"],
    ['run', "'other'"],
    ['run', 'null'],
    ['step', "'other'"],
    ['principal', "'{owner}'"],
    ['principal', "'{agent:default,owner}'"],
    ['skill', "'file.read'"],
    ['decision', "'allow'"],
    ['decision', 'null'],
    ['rules', "'{}'"],
    ['args', "repeat('a', 64)"],
    ['outcome', "'done'"],
    ['prev', "repeat('a', 64)"],
    ['hash', "repeat('a', 64)"],
  ])('finds a changed %s = %s', async (column, value) => {
    await superuser.query(`update castellan.ledger set ${column} = ${value} where seq = 5`)
    expect((await found())[0]).toBe('5 changed')
  })

  test('finds the first and the last row changed', async () => {
    await superuser.query("update castellan.ledger set decision = 'allow' where seq in (1, 12)")
    expect(await found()).toEqual(['1 changed', '12 changed'])
  })

  test('finds a changed row that was given its new hash', async () => {
    await superuser.query("update castellan.ledger set decision = 'allow' where seq = 5")
    const { rows } = await superuser.query('select * from castellan.ledger where seq = 5')
    const { tenant_id, ...row } = rows[0]
    const hash = rowHash(tenant_id, { ...row, seq: 5 })
    await superuser.query('update castellan.ledger set hash = $1 where seq = 5', [hash])
    expect(await found()).toEqual(['5 changed'])
  })

  test('finds removed rows', async () => {
    await superuser.query('delete from castellan.ledger where seq in (1, 4, 5, 9)')
    expect(await found()).toEqual(['1 removed', '4 removed', '5 removed', '9 removed'])
  })

  test('finds a removed row whose gap was closed', async () => {
    await superuser.query('delete from castellan.ledger where seq = 6')
    for (let seq = 7; seq <= 12; seq += 1) await renumber(seq, seq - 1)
    expect(await found()).toContain('6 removed')
  })

  test('finds two rows that changed places', async () => {
    await renumber(4, 999)
    await renumber(9, 4)
    await renumber(999, 9)
    expect(await found()).toEqual(['4 reordered', '9 reordered'])
  })

  test('finds neighbours that changed places', async () => {
    await renumber(4, 999)
    await renumber(5, 4)
    await renumber(999, 5)
    expect(await found()).toEqual(['4 reordered', '5 reordered'])
  })

  test('finds a row moved to the end', async () => {
    await renumber(4, 13)
    expect(await found()).toEqual(['13 reordered'])
  })

  test.each([
    ['with a made-up hash', 'h.prev', "repeat('b', 64)"],
    ['with a well-linked prev', 'h.hash', "repeat('b', 64)"],
    ['with the copy of another hash', 'h.prev', 'h.hash'],
  ])('finds a row added at the end %s', async (_, prev, hash) => {
    await superuser.query(
      `insert into castellan.ledger select tenant_id, 13, at, kind, run, step, principal, skill, 'allow', rules, args,
        outcome, ${prev}, ${hash} from castellan.ledger h where seq = 12`,
    )
    expect(await found()).toEqual(['13 inserted'])
  })

  test('finds rows added before the first and far after the last', async () => {
    for (const seq of [0, -3, 5000]) {
      await superuser.query(
        `insert into castellan.ledger select tenant_id, $1, at, kind, run, step, principal, skill, decision, rules, args,
          outcome, prev, hash from castellan.ledger where seq = 3`,
        [seq],
      )
    }
    const broken = await found()
    expect(broken.slice(0, 2)).toEqual(['-3 inserted', '0 inserted'])
    expect(broken).toHaveLength(3)
    expect(broken[2]).toMatch(/^5000 (inserted|reordered)$/)
  })

  test('finds a row put between others that moved up', async () => {
    for (let seq = 12; seq >= 6; seq -= 1) await renumber(seq, seq + 1)
    await superuser.query(
      `insert into castellan.ledger select tenant_id, 6, at, kind, run, step, principal, 'shell.run', decision, rules,
        args, outcome, hash, repeat('c', 64) from castellan.ledger where seq = 5`,
    )
    expect(await found()).toContain('6 inserted')
  })

  test('finds two rows of one seq', async () => {
    await superuser.query('alter table castellan.ledger drop constraint ledger_pkey')
    await superuser.query(
      `insert into castellan.ledger select tenant_id, seq, at, kind, run, step, principal, 'shell.run', decision, rules,
        args, outcome, prev, hash from castellan.ledger where seq = 5`,
    )
    expect(await found()).toContain('5 inserted')
  })

  test('finds the end cut off while the bodies are left', async () => {
    await superuser.query('delete from castellan.ledger where seq > 9')
    expect(await found()).toEqual(['10 truncated'])
  })

  test('finds arguments that are not those of the row', async () => {
    await superuser.query(
      `update castellan.ledger_bodies set body = '{"args":{"path":"note-5.md","text":"harmless"}}' where seq = 5`,
    )
    expect(await found()).toEqual(['5 body'])
  })

  test('does not mind an erased body', async () => {
    await db.database.as(db.tenant).deleteFrom('castellan.ledger_bodies').where('seq', '=', '5').execute()
    expect(await found()).toEqual([])
  })
})

describe('with a checkpoint', () => {
  beforeEach(async () => {
    await ledger.checkpoint(db.tenant)
  })

  const cutOff = () =>
    superuser.query(
      'delete from castellan.ledger where seq > 8; delete from castellan.ledger_bodies where seq > 8',
    )

  test('finds the end cut off', async () => {
    await cutOff()
    expect(await found()).toEqual(['9 truncated'])
  })

  test('finds everything removed', async () => {
    await superuser.query('truncate castellan.ledger, castellan.ledger_bodies')
    expect(await found()).toEqual(['1 truncated'])
  })

  test('finds the end cut off and written anew', async () => {
    await cutOff()
    for (let index = 9; index <= 14; index += 1) await append(`forged-${index}`)
    expect(await found()).toEqual(['12 rewritten'])
  })

  test('finds a row changed and every hash after it made anew', async () => {
    await superuser.query("update castellan.ledger set decision = 'allow' where seq = 5")
    await reseal(5)
    expect(await found()).toEqual(['12 rewritten'])
  })

  test('finds both when the checkpoints in the table are removed as well', async () => {
    await cutOff()
    await append('forged')
    await superuser.query('truncate castellan.ledger_checkpoints')
    expect(await found()).toEqual(['10 truncated'])
  })

  test('finds both when the file is removed as well', async () => {
    await cutOff()
    await rm(file)
    expect(await found()).toEqual(['9 truncated', '12 checkpoint'])
  })

  test('finds a checkpoint altered to suit', async () => {
    await superuser.query("update castellan.ledger set decision = 'allow' where seq = 12")
    await reseal(12)
    await superuser.query(
      'update castellan.ledger_checkpoints c set hash = l.hash from castellan.ledger l where l.seq = c.seq',
    )
    expect(await found()).toEqual(['12 rewritten', '12 checkpoint'])
  })

  test('finds a checkpoint signed by another key, in the table or in the file', async () => {
    const other = openLedger({ database: db.database, checkpointFile: file, signingSeed: randomBytes(32) })
    await append('later')
    await other.checkpoint(db.tenant)
    expect(await found()).toEqual(['13 checkpoint'])
  })

  test('finds an older checkpoint taken out of the table', async () => {
    await append('later')
    await ledger.checkpoint(db.tenant)
    await superuser.query('delete from castellan.ledger_checkpoints where seq = 12')
    expect(await found()).toEqual(['12 checkpoint'])
  })

  test('signs nothing over a broken chain', async () => {
    await superuser.query("update castellan.ledger set decision = 'allow' where seq = 12")
    await append('later')
    await expect(ledger.checkpoint(db.tenant)).rejects.toMatchObject({ code: 'ledger_broken' })
    await superuser.query("update castellan.ledger set decision = 'ask' where seq = 12")
    await cutOff()
    await expect(ledger.checkpoint(db.tenant)).rejects.toMatchObject({ code: 'ledger_broken' })
    expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(1)
  })

  test('survives a crash between the file and the table', async () => {
    await append('later')
    const second = await ledger.checkpoint(db.tenant)
    await superuser.query('delete from castellan.ledger_checkpoints where seq = 13')
    expect(await ledger.verify(db.tenant)).toMatchObject({ ok: true, checkpointed: 13 })
    expect(await ledger.checkpoint(db.tenant)).toEqual(second)
    const { rows } = await superuser.query('select seq from castellan.ledger_checkpoints order by seq')
    expect(rows.map((row) => row.seq)).toEqual(['12', '13'])
  })

  test('survives a crash in the middle of a line of the file', async () => {
    await writeFile(file, `${await readFile(file, 'utf8')}{"v":1,"tenant":"0000`)
    await append('later')
    await ledger.checkpoint(db.tenant)
    expect(await ledger.verify(db.tenant)).toMatchObject({ ok: true, checkpointed: 13 })
  })
})
