import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../testing/database.ts'
import { type Limits, openLimits } from './index.ts'

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

  test('is forgotten by a right answer, and by time', async () => {
    for (let n = 0; n < 4; n++) await limits.reserve('password', key, five)
    await limits.forgive('password', key)
    expect(await limits.reserve('password', key, five)).toEqual({ count: 1 })
    now += 900_000
    expect(await limits.reserve('password', key, five)).toEqual({ count: 1 })
  })
})
