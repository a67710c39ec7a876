/** Hands one order to the process that owns schema app, and waits for its answer. */
import { type AppliedData, CastellanError } from '@castellan/contracts'
import { askChild } from '../database/child.ts'
import { Answer, type Order } from './order.ts'

/** Carries the order out. Rejects with `conflict` where another is under way, `database_unavailable`, or `internal`. */
export async function runOrder(order: Order): Promise<AppliedData> {
  const program = new URL('./apply-child.ts', import.meta.url)
  const failed = 'changing the tables failed; nothing was changed'
  const result = Answer.parse(await askChild(program, order, failed))
  if (!('code' in result)) return result
  throw new CastellanError(
    result.code,
    result.message,
    result.hint === undefined ? {} : { hint: result.hint },
  )
}
