import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LedgerDetail, LedgerPage, LedgerVerification } from '@castellan/contracts'
import { hashOf } from '@castellan/kernel'
import fc from 'fast-check'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AppEnv } from '../http/env.ts'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { ownerIdentity } from '../testing/identity.ts'
import { append, type Ledger, type LedgerEntry, ledgerRoutes, openLedger, verifyExport } from './index.ts'
import { rowHash } from './verify.ts'

let db: TestDatabase
let directory: string
let ledger: Ledger
let now = Date.now()
const signingSeed = randomBytes(32)

beforeAll(async () => {
  db = await testDatabase({ poolSize: 8 })
  directory = await mkdtemp(join(tmpdir(), 'castellan-ledger-'))
  ledger = openLedger({
    database: db.database,
    checkpointFile: join(directory, 'checkpoints.jsonl'),
    signingSeed,
    everyRows: 50,
    everyMs: 60_000,
    clock: () => now,
  })
})

afterAll(async () => {
  await db.close()
  await rm(directory, { recursive: true })
})

function entry(over: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    kind: 'decision',
    run: randomUUID(),
    step: '1',
    principal: ['owner', 'agent:default'],
    skill: 'web.fetch',
    decision: 'allow',
    rules: ['reads'],
    argsHash: hashOf({ url: 'https://example.org/' }),
    outcome: null,
    body: { args: { url: 'https://example.org/' } },
    ...over,
  }
}

const add = (over: Partial<LedgerEntry> = {}) => append(db.database.as(db.tenant), db.tenant, entry(over))

describe('append', () => {
  test('the database hashes any text exactly as RFC 8785 says', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom(...'\u0001\b\t\n\u000b\f\r\u001f "\\/{},\u007f\u0080\u2028\ufeff\u{10ffff}😀'),
      }),
    )
    const texts = fc.array(text, { maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(text, texts, texts, fc.option(text), async (skill, principal, rules, outcome) => {
        const { seq, hash } = await add({ skill, principal, rules, outcome, run: skill, step: skill })
        const { row } = await ledger.detail(db.tenant, seq)
        expect(rowHash(db.tenant, row)).toBe(hash)
        expect(row.skill).toBe(skill.replaceAll('\0', '\ufffd'))
      }),
      { numRuns: 300 },
    )
    expect(await ledger.verify(db.tenant)).toMatchObject({ ok: true })
  })

  test('is undone with its transaction', async () => {
    const before = await ledger.head(db.tenant)
    const doomed = db.database
      .as(db.tenant)
      .transaction()
      .execute(async (transaction) => {
        await append(transaction, db.tenant, entry())
        throw new Error('the thing did not happen')
      })
    await expect(doomed).rejects.toThrow('the thing did not happen')
    expect(await ledger.head(db.tenant)).toEqual(before)
  })

  test('leaves no gap and no fork when many append at once', async () => {
    const before = (await ledger.head(db.tenant))?.seq ?? 0
    const added = await Promise.all(Array.from({ length: 200 }, () => add()))
    expect(added.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 200 }, (_, index) => before + 1 + index),
    )
    expect(await ledger.verify(db.tenant)).toMatchObject({ ok: true, rows: before + 200 })
  })

  test('refuses a fork from a transaction that sees an old head', async () => {
    const stale = db.database
      .as(db.tenant)
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (transaction) => {
        await transaction.selectFrom('castellan.ledger').select('seq').limit(1).execute()
        await add()
        await append(transaction, db.tenant, entry())
      })
    await expect(stale).rejects.toThrow(/duplicate key/)
    expect(await ledger.verify(db.tenant)).toMatchObject({ ok: true })
  })

  test('takes one intent for each step of a run', async () => {
    const run = randomUUID()
    await add({ kind: 'intent', run })
    await add({ kind: 'intent', run, step: '2' })
    await expect(add({ kind: 'intent', run })).rejects.toMatchObject({ code: 'conflict' })
  })

  test('tells what is known of a step', async () => {
    const run = randomUUID()
    const handle = db.database.as(db.tenant)
    expect(await ledger.attempt(handle, db.tenant, run, '1')).toEqual({ intent: null, outcome: null })
    const { seq } = await add({ kind: 'intent', run })
    expect(await ledger.attempt(handle, db.tenant, run, '1')).toMatchObject({
      intent: { seq },
      outcome: null,
    })
    await add({ kind: 'outcome', run, outcome: 'unknown' })
    const last = await add({ kind: 'outcome', run, outcome: 'success' })
    expect(await ledger.attempt(handle, db.tenant, run, '1')).toMatchObject({
      intent: { seq },
      outcome: { seq: last.seq, outcome: 'success' },
    })
  })

  test('keeps a body with any text in it', async () => {
    const args = { text: 'a\0b "\u2028 😀', deep: [null, -0, 1e300, { __proto__: 1 }] }
    const { seq } = await add({ argsHash: hashOf(args), body: { args, text: '\ud800' } })
    expect((await ledger.detail(db.tenant, seq)).body).toEqual(
      JSON.parse(JSON.stringify({ args, text: '\ud800' })),
    )
    expect(await ledger.verify(db.tenant)).toMatchObject({ ok: true })
  })

  test.each([[null], ['text'], [7], [[1, 2]], [{}]])('keeps the body %j', async (body) => {
    const { seq } = await add({ body })
    expect((await ledger.detail(db.tenant, seq)).body).toEqual(body)
    expect(await ledger.verify(db.tenant)).toMatchObject({ ok: true })
  })

  test('is told a hash and nothing else', async () => {
    await expect(add({ argsHash: 'ABC' })).rejects.toThrow(TypeError)
  })
})

describe('checkpoint', () => {
  test('is due after many rows or a long wait, and not before', async () => {
    await ledger.checkpoint(db.tenant)
    now = Date.now()
    expect(await ledger.checkpointIfDue(db.tenant)).toBeNull()
    await add()
    expect(await ledger.checkpointIfDue(db.tenant)).toBeNull()
    now += 61_000
    expect(await ledger.checkpointIfDue(db.tenant)).not.toBeNull()
    expect(await ledger.checkpointIfDue(db.tenant)).toBeNull()
    await Promise.all(Array.from({ length: 49 }, () => add()))
    now = Date.now()
    expect(await ledger.checkpointIfDue(db.tenant)).toBeNull()
    await add()
    expect(await ledger.checkpointIfDue(db.tenant)).not.toBeNull()
  })

  test('is made once when many ask at once, while others append', async () => {
    const file = join(directory, 'checkpoints.jsonl')
    const lines = async () => (await readFile(file, 'utf8')).trim().split('\n').length
    await add()
    const before = await lines()
    await Promise.all([ledger.checkpoint(db.tenant), ledger.checkpoint(db.tenant)])
    expect(await lines()).toBe(before + 1)
    await Promise.all([...Array.from({ length: 30 }, () => add()), ledger.checkpoint(db.tenant)])
    expect(await ledger.verify(db.tenant)).toMatchObject({ ok: true })
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })
})

describe('export', () => {
  async function exported(bodies: boolean): Promise<string[]> {
    const lines: string[] = []
    for await (const line of ledger.export(db.tenant, { bodies })) lines.push(line)
    return lines
  }

  test('verifies without the database', async () => {
    await ledger.checkpoint(db.tenant)
    const rows = (await ledger.head(db.tenant))?.seq ?? 0
    for (const bodies of [false, true]) {
      const lines = await exported(bodies)
      const { public_key: publicKey } = JSON.parse(lines[0] ?? '')
      const expected = { ok: true, rows, broken: [], checkpointed: rows }
      expect(await verifyExport(lines)).toEqual(expected)
      expect(await verifyExport(lines, { publicKey })).toEqual(expected)
      expect(lines.some((line) => line.includes('"body"'))).toBe(bodies)
    }
  })

  test('does not verify after a change to any line', async () => {
    const lines = await exported(true)
    const rowAt = lines.findIndex((line) => line.startsWith('{"row"')) + 5
    const altered: [string, string[]][] = [
      ['changed', lines.with(rowAt, (lines[rowAt] ?? '').replace(/"skill":"[^"]*"/, '"skill":"other"'))],
      ['removed', lines.toSpliced(rowAt, 1)],
      ['reordered', lines.with(rowAt, lines[rowAt + 1] ?? '').with(rowAt + 1, lines[rowAt] ?? '')],
      ['inserted', lines.toSpliced(rowAt, 0, lines[rowAt] ?? '')],
      ['truncated', lines.slice(0, -3)],
      ['truncated', lines.toSpliced(-3, 2)],
      ['malformed', lines.with(rowAt, '{"row":')],
      ['malformed', lines.slice(1)],
      ['malformed', [...lines, lines[rowAt] ?? '']],
    ]
    for (const [kind, text] of altered) {
      const { ok, broken } = await verifyExport(text)
      expect(ok).toBe(false)
      expect(broken.map((each) => each.kind)).toContain(kind)
    }
  })

  test('of somebody else does not pass for ours', async () => {
    const lines = await exported(false)
    const { broken } = await verifyExport(lines, { publicKey: randomBytes(32).toString('base64') })
    expect(broken.length).toBeGreaterThan(0)
    expect(new Set(broken.map(({ kind }) => kind))).toEqual(new Set(['checkpoint']))
  })
})

describe('over HTTP', () => {
  const app = () =>
    new Hono<AppEnv>()
      .use(async (c, next) => {
        c.set('identity', ownerIdentity)
        await next()
      })
      .route('/api', ledgerRoutes(ledger))

  test('pages through the rows, newest first', async () => {
    const run = randomUUID()
    for (const step of ['1', '2', '3']) await add({ run, step, skill: 'time.now' })
    const page = async (query: string) =>
      LedgerPage.parse(await (await app().request(`/api/ledger?${query}`)).json())
    const first = await page(`run=${run}&limit=2&skill=time.now&kind=decision&decision=allow`)
    expect(first.rows.map((row) => row.step)).toEqual(['3', '2'])
    const second = await page(`run=${run}&limit=2&before=${first.next}`)
    expect(second.rows.map((row) => row.step)).toEqual(['1'])
    expect(second.next).toBeNull()
    expect((await page(`run=${run}&decision=deny`)).rows).toEqual([])
  })

  test('answers a row, the verification, a checkpoint and the export', async () => {
    const { seq } = await add()
    const detail = LedgerDetail.parse(await (await app().request(`/api/ledger/${seq}`)).json())
    expect(detail).toMatchObject({ row: { seq }, body: { args: { url: 'https://example.org/' } } })
    const made = await app().request('/api/ledger/checkpoint', { method: 'POST' })
    expect(await made.json()).toMatchObject({ checkpoint: { seq } })
    const verified = LedgerVerification.parse(await (await app().request('/api/ledger/verify')).json())
    expect(verified).toMatchObject({ ok: true, checkpointed: seq })
    const text = await (await app().request('/api/ledger/export?bodies=1')).text()
    expect(await verifyExport(text.split('\n'))).toEqual(verified)
  })

  test.each(['/api/ledger/999999999', '/api/ledger/x', '/api/ledger/0', '/api/ledger/1e999'])(
    'has nothing at %s',
    async (path) => {
      const failing = app()
      failing.onError((error, c) => c.text('code' in error ? String(error.code) : 'fault', 404))
      expect(await (await failing.request(path)).text()).toBe('not_found')
    },
  )
})
