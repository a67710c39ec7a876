/** A question's row as the API shows it. */
import type { ArgumentView, Endorsable, QuestionView } from '@castellan/contracts'
import type { Selectable } from 'kysely'
import type { Schema } from '../database/index.ts'
import type { EndorsedArgument } from './run.ts'

/** A stored question. */
export type Row = Selectable<Schema['castellan.questions']>
type Leaves = NonNullable<QuestionView['leaves']>

/** What was asked before questions knew the readers went out from the owner's own. */
function leavesOf(leaves: Row['leaves']): QuestionView['leaves'] {
  if (leaves === null) return null
  const { to, what, readers = ['owner'] } = leaves as unknown as Omit<Leaves, 'readers'> & Partial<Leaves>
  return { to, what, readers }
}

/** The question for clients. */
export function viewOf(row: Row): QuestionView {
  return {
    id: row.id,
    kind: row.kind,
    run: row.run_id,
    conversation: row.conversation_id,
    step: row.step,
    skill: row.skill,
    effect: row.effect,
    sentence: row.sentence,
    why: row.why,
    principal: row.principal,
    args: row.args,
    arguments: row.arguments as unknown as ArgumentView[],
    leaves: leavesOf(row.leaves),
    places: row.places as unknown as QuestionView['places'],
    fresh: row.fresh as unknown as QuestionView['fresh'],
    endorsable: row.endorsable as Endorsable | null,
    endorsed: (row.endorsed as unknown as EndorsedArgument[]).map(({ path }) => path),
    rules: row.rules,
    factor: row.factor,
    state: row.state,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at.toISOString(),
    decided_at: row.decided_at?.toISOString() ?? null,
    decided_by: row.decided_by,
    decided_via: row.decided_via,
  }
}
