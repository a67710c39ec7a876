/** Limits over a real database: rates taken for as many keys as there are calls, eight at once, beside the least a question costs. */
import { openDatabase } from '../packages/server/src/database/index.ts'
import { openLimits } from '../packages/server/src/limits/index.ts'
import type { Cluster } from './cluster.ts'
import type { Figure } from './report.ts'

const abreast = 8
const calls = 8_000
const auth = { perMinute: 30, burst: 5 }

/** Takes per second, and refusals per second of a key that has to wait. */
export async function limitRows(cluster: Cluster): Promise<Figure[]> {
  const database = openDatabase(await cluster.migrated(), { size: abreast })
  const limits = openLimits({ pool: database.pool })
  const select = { name: 'floor', text: 'select 1', values: [] }
  try {
    await perSecond(calls / 8, () => database.pool.query(select))
    const floor = await perSecond(calls, () => database.pool.query(select))
    const takes = await perSecond(calls, (n) =>
      limits.take('bench', `key ${n % 500}`, { ...auth, burst: 1e6 }),
    )
    for (let n = 0; n < 7; n++) await limits.take('bench', 'flood', { ...auth, perMinute: 1 })
    const refusals = await perSecond(calls, () => limits.take('bench', 'flood', { ...auth, perMinute: 1 }))
    const what = 'select 1'
    return [
      {
        ...{ name: 'limits.take/s, 8 connections', value: takes, unit: '/s' },
        floor: { what, value: floor },
        note: '500 keys',
      },
      {
        ...{ name: 'refusals/s of one key', value: refusals, unit: '/s' },
        floor: { what, value: floor },
        note: 'from memory',
      },
    ]
  } finally {
    await database.close()
  }
}

async function perSecond(count: number, work: (n: number) => Promise<unknown>): Promise<number> {
  let next = 0
  const began = performance.now()
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: abreast }, worker))
  return count / ((performance.now() - began) / 1000)
}
