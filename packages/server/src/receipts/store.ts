/** The calls of a conversation as the ledger recorded their ends. */
import type { Json } from '@castellan/contracts'
import { sql } from 'kysely'
import type { Handle, Tenant } from '../database/index.ts'
import type { Act } from './compare.ts'

/** Most calls that an answer is set beside, newest first. */
const mostActs = 500

/** What was done, tried or refused in the runs of a conversation. `effectOf` names a skill's effect. */
export async function loadActs(
  tenant: Tenant,
  handle: Handle,
  conversation: string,
  effectOf: (skill: string) => string | null,
): Promise<Act[]> {
  const { rows } = await sql<{ seq: string; run: string; skill: string; outcome: string; args: Json }>`
    select row.seq, row.run, row.skill, row.outcome, body.body -> 'args' as args
    from castellan.ledger row
    left join castellan.ledger_bodies body on body.tenant_id = row.tenant_id and body.seq = row.seq
    where row.tenant_id = ${tenant} and row.run in (
      select id::text from castellan.runs where tenant_id = ${tenant} and conversation_id = ${conversation})
    and row.outcome is not null and row.outcome <> 'asked'
    order by row.seq desc limit ${mostActs}`.execute(handle)
  return rows.map((row) => ({ ...row, seq: Number(row.seq), effect: effectOf(row.skill) })).reverse()
}
