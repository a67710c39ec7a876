/** The ledger in this process over a real database: appending by eight connections at once, and verifying it all. */
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hashOf } from '@castellan/kernel'
import pg from 'pg'
import { homeTenant, openDatabase } from '../packages/server/src/database/index.ts'
import { append, type LedgerEntry, openLedger } from '../packages/server/src/ledger/index.ts'
import type { Cluster } from './cluster.ts'
import { scratch } from './house.ts'
import type { Figure } from './report.ts'

const abreast = 8
const rows = 6_000

const args = { path: 'notes/today.md', content: 'All the news that is fit to print. '.repeat(20) }
const entry: LedgerEntry = {
  ...{ kind: 'outcome', run: '11111111-2222-4333-8444-555555555555', step: 'act.0.0', skill: 'file.write' },
  ...{ principal: ['owner', 'agent:default'], decision: null, rules: [], argsHash: hashOf(args) },
  outcome: 'done:success',
  body: { args, result: { kind: 'done', branch: 'success', value: { bytes: 700 } } },
}

/** Appends and verification, each beside the least that moves the same bytes. */
export async function ledgerRows(cluster: Cluster): Promise<Figure[]> {
  const bytes = JSON.stringify(entry)
  const inserts = await insertRate(await cluster.superuser('bench_rows'), bytes)
  const database = openDatabase(await cluster.migrated(), { size: abreast })
  const home = await scratch()
  try {
    const ledger = openLedger({
      database,
      checkpointFile: join(home, 'checkpoints.jsonl'),
      signingSeed: new Uint8Array(32),
    })
    const appends = await rate(abreast, rows, () =>
      database
        .as(homeTenant)
        .transaction()
        .execute((handle) => append(handle, homeTenant, entry)),
    )
    const began = performance.now()
    const found = await ledger.verify(homeTenant)
    const verified = found.rows / ((performance.now() - began) / 1000)
    if (!found.ok) throw new Error('the ledger does not verify')
    return [
      {
        ...{ name: 'ledger appends/s, 8 connections', value: appends, unit: '/s' },
        floor: { what: 'plain inserts of the same size', value: inserts },
      },
      {
        ...{ name: 'ledger rows verified/s', value: verified, unit: '/s' },
        floor: { what: 'SHA-256 of the same bytes', value: hashRate(bytes) },
        note: `${found.rows} rows`,
      },
    ]
  } finally {
    await database.close()
    await rm(home, { recursive: true, force: true })
  }
}

async function insertRate(url: string, body: string): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: abreast })
  await pool.query('create table plain (id bigserial primary key, body json not null)')
  const insert = { name: 'insert', text: 'insert into plain (body) values ($1)', values: [body] }
  const found = await rate(abreast, rows, () => pool.query(insert))
  await pool.end()
  return found
}

/** A row is hashed once for the chain and its arguments once more. */
function hashRate(text: string): number {
  const began = performance.now()
  for (let n = 0; n < rows; n++) createHash('sha256').update(text).digest('hex')
  return rows / ((performance.now() - began) / 1000)
}

/** How often per second something can be done, so many at once. */
async function rate(atOnce: number, count: number, work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  const one = async () => {
    for (let n = 0; n < count / atOnce; n++) await work()
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return count / ((performance.now() - began) / 1000)
}
