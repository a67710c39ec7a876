/** Ledger rows of tokens: made, ended, rotated. Never with a value. */
import type { Json } from '@castellan/contracts'
import { hashOf } from '@castellan/kernel'
import type { Handle, Tenant } from '../database/index.ts'
import { append } from '../ledger/index.ts'
import type { TokenEvent } from './types.ts'

/** Records an event as the last statement of its transaction; `by` is whoever did it. */
export async function record(
  transaction: Handle,
  tenant: Tenant,
  event: TokenEvent,
  by: string,
): Promise<void> {
  const { kind, ...facts } = JSON.parse(JSON.stringify(event)) as { kind: string; [name: string]: Json }
  await append(transaction, tenant, {
    kind: 'admin',
    run: null,
    step: null,
    principal: [by],
    skill: `token.${kind}`,
    decision: null,
    rules: [],
    argsHash: hashOf(facts),
    outcome: 'done',
    body: { args: facts },
  })
}
