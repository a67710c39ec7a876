import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openDatabase } from '../database/index.ts'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { refusalGuard } from './guard.ts'
import { type Limits, limiterKey, openLimits } from './index.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await testDatabase()
})
afterAll(() => db.close())

const start = Date.parse('2026-11-22T08:00:00Z')
let now = start
let limits: Limits
let key = ''
beforeEach((context) => {
  now = start
  key = context.task.id
  limits = openLimits({ pool: db.database.pool, now: () => now })
})

const auth = { perMinute: 30, burst: 5 }

describe('a rate', () => {
  test('lets the burst and one more pass at once, then one per turn', async () => {
    for (let n = 0; n < 6; n++) expect(await limits.take('auth', key, auth)).toBe(0)
    expect(await limits.take('auth', key, auth)).toBe(2_000)
    now += 1_999
    expect(await limits.take('auth', key, auth)).toBe(1)
    now += 1
    expect(await limits.take('auth', key, auth)).toBe(0)
    expect(await limits.take('auth', key, auth)).toBe(2_000)
    now += 60_000
    for (let n = 0; n < 6; n++) expect(await limits.take('auth', key, auth)).toBe(0)
    expect(await limits.take('auth', key, auth)).toBeGreaterThan(0)
  })

  test('counts each key and each name by itself', async () => {
    for (let n = 0; n < 7; n++) await limits.take('auth', key, auth)
    expect(await limits.take('auth', `${key} other`, auth)).toBe(0)
    expect(await limits.take('other', key, auth)).toBe(0)
  })

  test('gives nothing for a clock that was set back, and takes no more than the burst', async () => {
    for (let n = 0; n < 6; n++) await limits.take('auth', key, auth)
    now -= 3_600_000
    expect(await limits.take('auth', key, auth)).toBe(2_000)
    now += 2_000
    expect(await limits.take('auth', key, auth)).toBe(0)
  })
})

const five = { failures: 5, windowMs: 900_000, blockMs: 900_000 }

describe('a lockout', () => {
  test('lets five attempts be evaluated, then none for the block time', async () => {
    for (let n = 1; n <= 5; n++) expect(await limits.reserve('password', key, five)).toEqual({ count: n })
    const blockedUntil = new Date(start + 900_000)
    expect(await limits.reserve('password', key, five)).toEqual({ blockedUntil, waitMs: 900_000 })
    now += 899_999
    expect(await limits.reserve('password', key, five)).toEqual({ blockedUntil, waitMs: 1 })
    now += 1
    expect(await limits.reserve('password', key, five)).toEqual({ count: 1 })
  })

  test('counts a shortened block time at once, from the failure that began it', async () => {
    for (let n = 0; n < 5; n++) await limits.reserve('password', key, five)
    now += 120_000
    expect(await limits.reserve('password', key, five)).toHaveProperty('waitMs', 780_000)
    expect(await limits.reserve('password', key, { ...five, blockMs: 60_000 })).toEqual({ count: 1 })
  })

  test('gives back the one attempt that was right, and the block that it began', async () => {
    for (let n = 0; n < 5; n++) await limits.reserve('password', key, five)
    await limits.giveBack('password', key)
    expect(await limits.reserve('password', key, five)).toEqual({ count: 5 })
    expect(await limits.reserve('password', key, five)).toHaveProperty('waitMs', 900_000)
  })

  test('is forgotten by a right answer, and by time', async () => {
    for (let n = 0; n < 4; n++) await limits.reserve('password', key, five)
    await limits.forgive('password', key)
    expect(await limits.reserve('password', key, five)).toEqual({ count: 1 })
    now += 900_000
    expect(await limits.reserve('password', key, five)).toEqual({ count: 1 })
  })
})

/** A process of its own with its own pool; it begins when told, and prints what came of its calls. */
function startProcess(work: string) {
  const program = `
    import pg from 'pg'
    import { openLimits } from ${JSON.stringify(import.meta.resolve('./index.ts'))}
    const pool = new pg.Pool({ connectionString: process.argv[1], max: 16 })
    // Eight at once in each process: a single one asks the database for a key one by one.
    const all = Array.from({ length: 8 }, () => openLimits({ pool }))
    await Promise.all(Array.from({ length: 8 }, () => pool.query('select 1')))
    console.log('ready')
    for await (const _ of process.stdin) break
    const results = await Promise.all(Array.from({ length: 500 }, (_, n) => { const limits = all[n % 8]; return ${work} }))
    console.log(JSON.stringify(results))
    await pool.end()
    process.exit()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, db.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  })
  const said = text(child.stdout)
  return { child, ready: once(child.stdout, 'data'), said }
}

async function inTwoProcesses(work: string): Promise<unknown[]> {
  const both = [startProcess(work), startProcess(work)]
  await Promise.all(both.map(({ ready }) => ready))
  for (const { child } of both) child.stdin.write('go\n')
  const said = await Promise.all(both.map((each) => each.said))
  return said.flatMap((each) => JSON.parse(each.replace('ready', '')) as unknown[])
}

describe('1,000 calls at once from two processes', () => {
  test('pass exactly as often as the rate has room', async () => {
    // One turn an hour, so that none comes back meanwhile.
    const rate = '{ perMinute: 1 / 60, burst: 40 }'
    const waits = await inTwoProcesses(`limits.take('race', ${JSON.stringify(key)}, ${rate})`)
    expect(waits).toHaveLength(1_000)
    expect(waits.filter((each) => each === 0)).toHaveLength(41)
    expect(waits.every((each) => Number(each) <= 3_600_000)).toBe(true)
  }, 60_000)

  test('are evaluated exactly as often as may fail', async () => {
    const rule = '{ failures: 5, windowMs: 900000, blockMs: 900000 }'
    const attempts = await inTwoProcesses(`limits.reserve('race', ${JSON.stringify(key)}, ${rule})`)
    const counts = attempts.flatMap((each) => (each as { count?: number }).count ?? [])
    expect(counts.toSorted()).toEqual([1, 2, 3, 4, 5])
    expect(attempts).toHaveLength(1_000)
  }, 60_000)
})

describe('without the database', () => {
  test('nothing passes: that it cannot be told is an error', async () => {
    const nowhere = openDatabase('postgres://castellan_app:x@127.0.0.1:9/none')
    const blind = openLimits({ pool: nowhere.pool })
    await expect(blind.take('auth', key, auth)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect(blind.reserve('password', key, five)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await nowhere.close()
  })

  test('who was told to wait waits on, from memory', async () => {
    const own = openDatabase(db.url)
    const remembering = openLimits({ pool: own.pool, now: () => now })
    for (let n = 0; n < 7; n++) await remembering.take('auth', key, auth)
    await own.close()
    now += 1_500
    expect(await remembering.take('auth', key, auth)).toBe(500)
    now += 500
    await expect(remembering.take('auth', key, auth)).rejects.toThrow()
  })
})

describe('a flood', () => {
  test('of one key asks the database no more often than it passes, and once more', async () => {
    let asked = 0
    const pool = new Proxy(db.database.pool, {
      get(target, name) {
        if (name === 'query') asked++
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const flooded = openLimits({ pool, now: () => now })
    const waits = await Promise.all(Array.from({ length: 1_000 }, () => flooded.take('auth', key, auth)))
    expect(waits.filter((each) => each === 0)).toHaveLength(6)
    expect(asked).toBe(7)
    expect(flooded.refusals().get('auth')).toBe(994)
  })

  test('of keys fills neither the memory nor, once they mean nothing, the table', async () => {
    const guard = refusalGuard(() => 0)
    let asked = 0
    const refuse = async () => {
      asked++
      return 1_000
    }
    await guard('first', refuse)
    for (let n = 0; n < 10_000; n++) await guard(`other ${n}`, refuse)
    expect(asked).toBe(10_001)
    await guard('other 9999', refuse)
    expect(asked).toBe(10_001)
    await guard('first', refuse)
    expect(asked).toBe(10_002)
    await limits.take('auth', key, auth)
    await limits.reserve('password', key, five)
    now += 1_000_000
    await limits.prune()
    const admin = await db.superuser()
    const { rows } = await admin.query(
      'select (select count(*)::int from castellan.lockouts where forget_at < $1) + (select count(*)::int from castellan.rates where full_at < $1) as n',
      [new Date(now)],
    )
    expect(rows).toEqual([{ n: 0 }])
  })

  test('of long keys is stored in 32 bytes each, and names nobody', async () => {
    await limits.take('auth', '203.0.113.77'.repeat(10_000), auth)
    await limits.take('auth', '198.51.100.23', auth)
    const admin = await db.superuser()
    const { rows } = await admin.query("select name || encode(key, 'escape') as r from castellan.rates")
    expect(JSON.stringify(rows)).not.toMatch(/198\.51|203\.0/)
    expect(Math.max(...rows.map(({ r }) => r.length))).toBeLessThan(300)
  })
})

test('a call that fails does not hold up the next of its key', async () => {
  const guard = refusalGuard(() => 0)
  const first = guard('key', () => Promise.reject(new Error('lost')))
  const second = guard('key', async () => 0)
  await expect(first).rejects.toThrow('lost')
  expect(await second).toBe(0)
})

test('a name that a stranger could have chosen, and a rate that passes nothing, are faults of ours', async () => {
  await expect(limits.take('Evil Name', key, auth)).rejects.toThrow(TypeError)
  await expect(limits.take('auth', key, { perMinute: 0, burst: 1 })).rejects.toThrow(TypeError)
  await expect(limits.take('auth', key, { perMinute: Number.NaN, burst: 1 })).rejects.toThrow(TypeError)
})

test('an IPv6 network counts as one, an IPv4 address as itself', () => {
  expect(limiterKey('203.0.113.7')).toBe('203.0.113.7')
  expect(limiterKey('unknown')).toBe('unknown')
  expect(limiterKey('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
  expect(limiterKey('2001:db8:1:2::9')).toBe('2001:db8:1:2::/64')
  expect(limiterKey('2001:db8::9')).toBe('2001:db8:0:0::/64')
  expect(limiterKey('::1')).toBe('0:0:0:0::/64')
  expect(limiterKey('1::')).toBe('1:0:0:0::/64')
})
