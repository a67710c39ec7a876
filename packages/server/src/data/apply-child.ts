/**
 * The short-lived process that owns schema app while it lives. Reads one order on stdin, answers with one JSON line on
 * stdout. It knows the login of `castellan_data` and nothing else of the house. Started by run.ts only.
 */
import { text } from 'node:stream/consumers'
import { CastellanError } from '@castellan/contracts'
import pg from 'pg'
import { applyOrder } from './apply.ts'
import { Order } from './order.ts'

/** Two applies at once must not mix; any constant does. */
const lockKey = '7310868172049114474'

async function main(): Promise<unknown> {
  const order = Order.parse(JSON.parse(await text(process.stdin)))
  const client = new pg.Client({ connectionString: order.url, application_name: 'castellan data' })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ taken: boolean }>(
      `select pg_try_advisory_lock(${lockKey}) as taken`,
    )
    if (rows[0]?.taken !== true) {
      throw new CastellanError('conflict', 'tables and permissions are being changed right now', {
        hint: 'wait a moment and try again; nothing was changed',
      })
    }
    return await applyOrder(client, order)
  } finally {
    await client.end().catch(() => {})
  }
}

function failure(error: unknown): unknown {
  if (error instanceof CastellanError) return { code: error.code, message: error.message, hint: error.hint }
  if (error instanceof pg.DatabaseError && error.code === '55P03') {
    return {
      code: 'conflict',
      message: 'a table is in use and was not given up within 5 seconds',
      hint: 'try again; nothing was changed',
    }
  }
  console.error(error)
  const code = error instanceof pg.DatabaseError ? 'internal' : 'database_unavailable'
  return { code, message: error instanceof Error ? error.message : String(error) }
}

const answer = await main().catch((error: unknown) => {
  process.exitCode = 1
  return failure(error)
})
process.stdout.write(`\n${JSON.stringify(answer)}\n`)
