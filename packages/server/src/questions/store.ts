/** Questions in PostgreSQL. Every change of state is one conditional update, so of two racing answers one wins. */
import type {
  ArgumentView,
  Endorsable,
  Factor,
  Json,
  QuestionState,
  QuestionView,
} from '@castellan/contracts'
import { approvalLifetimeMs } from '@castellan/kernel'
import { sql } from 'kysely'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Hearer, Principal } from '../http/index.ts'
import type { EndorsedArgument } from './run.ts'
import { type Row, viewOf } from './view.ts'
import { ownersEffects } from './whose.ts'

/** What the gate asks; ids and the nonce are the asker's. */
export interface NewQuestion {
  readonly kind: QuestionView['kind']
  readonly id: string
  readonly run: string
  readonly conversation: string | null
  readonly step: string
  readonly skill: string
  readonly effect: string
  readonly principal: readonly string[]
  readonly args: Json
  readonly arguments: readonly ArgumentView[]
  readonly leaves: QuestionView['leaves']
  readonly places: QuestionView['places']
  readonly fresh: QuestionView['fresh']
  readonly endorsable: Endorsable | null
  /** SHA-256 (hex) of the call without the nonce. */
  readonly call: string
  readonly sentence: string
  readonly why: string
  readonly rules: readonly string[]
  readonly factor: Exclude<Factor, 'none'>
  readonly nonce: string
  readonly binding: string
  readonly openMs: number
}

/** Stores an open question. Asking again for the same step while one is open returns the one that stands. */
export async function saveQuestion(
  tenant: Tenant,
  handle: Handle,
  question: NewQuestion,
): Promise<QuestionView> {
  const { run, conversation, openMs, args, leaves, endorsable, ...rest } = question
  const row = await handle
    .insertInto('castellan.questions')
    .values({
      ...rest,
      tenant_id: tenant,
      run_id: run,
      conversation_id: conversation,
      principal: [...question.principal],
      rules: [...question.rules],
      args: JSON.stringify(args),
      arguments: JSON.stringify(question.arguments),
      leaves: leaves === null ? null : JSON.stringify(leaves),
      places: JSON.stringify(question.places),
      fresh: JSON.stringify(question.fresh),
      endorsable: endorsable === null ? null : JSON.stringify(endorsable),
      factor_given: null,
      decided_by: null,
      decided_via: null,
      expires_at: sql<Date>`clock_timestamp() + ${openMs} * interval '1 millisecond'` as never,
    })
    .onConflict((conflict) =>
      conflict // As literals: the index is partial, and with parameters PostgreSQL cannot see that it fits.
        .columns(['run_id', 'step'])
        .where(sql<boolean>`state in ('open', 'approved')`)
        .doNothing(),
    )
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? viewOf(await standing(handle, run, question.step)) : viewOf(row)
}

async function standing(handle: Handle, run: string, step: string): Promise<Row> {
  return await handle
    .selectFrom('castellan.questions')
    .selectAll()
    .where('run_id', '=', run)
    .where('step', '=', step)
    .where('state', 'in', ['open', 'approved'])
    .executeTakeFirstOrThrow()
}

/** One question, or null. */
export async function loadQuestion(
  tenant: Tenant,
  database: Database,
  id: string,
): Promise<QuestionView | null> {
  const row = await loadRow(tenant, database, id)
  return row === null ? null : viewOf(row)
}

/** The newest 200 questions that concern somebody, of one state or of all. */
export async function loadQuestions(
  { tenant, principal }: Hearer,
  database: Database,
  state: QuestionState | undefined,
): Promise<QuestionView[]> {
  let query = database
    .as(tenant)
    .selectFrom('castellan.questions')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where(isConcerned(principal))
  if (state !== undefined) query = query.where('state', '=', state)
  const rows = await query.orderBy('created_at', 'desc').limit(200).execute()
  return rows.map(viewOf)
}

/** How many open questions wait for somebody's answer. */
export async function countWaiting({ tenant, principal }: Hearer, database: Database): Promise<number> {
  const isOwners = sql<boolean>`effect = any(${[...ownersEffects]}::text[])`
  let query = database
    .as(tenant)
    .selectFrom('castellan.questions')
    .select((row) => row.fn.countAll<string>().as('count'))
    .where('tenant_id', '=', tenant)
    .where('state', '=', 'open')
    .where(isConcerned(principal))
  if (principal !== 'owner') query = query.where(sql<boolean>`not ${isOwners}`)
  return Number((await query.executeTakeFirstOrThrow()).count)
}

/** Whose call it is, or who answers it: `concerned` of whose.ts as SQL. */
function isConcerned(principal: Principal) {
  if (principal !== 'owner') return sql<boolean>`principal[1] = ${principal}`
  const members = sql`coalesce(starts_with(principal[1], 'member:'), false)`
  return sql<boolean>`(not ${members} or effect = any(${[...ownersEffects]}::text[]))`
}

/** Answers an open, unexpired question; null when it is neither any more. */
export async function saveAnswer(
  tenant: Tenant,
  handle: Handle,
  id: string,
  answer: {
    state: 'approved' | 'denied'
    factor: Factor
    by: string
    via: string
    endorsed?: readonly EndorsedArgument[]
  },
): Promise<QuestionView | null> {
  const row = await handle
    .updateTable('castellan.questions')
    .set({
      state: answer.state,
      factor_given: answer.factor,
      decided_by: answer.by,
      decided_via: answer.via,
      endorsed: JSON.stringify(answer.endorsed ?? []),
      decided_at: sql<Date>`clock_timestamp()` as never,
    })
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .where('state', '=', 'open')
    .where('expires_at', '>', sql<Date>`clock_timestamp()`)
    .returningAll()
    .executeTakeFirst()
  return row === undefined ? null : viewOf(row)
}

/** What came of trying to spend a yes. A yes to a pause lets the run ask on, and is spent as often as it is tried. */
export type Consumed =
  | { factor: Factor }
  | { goOn: true }
  | { refused: 'open' | 'denied' | 'expired' | 'late' | 'other_call' | 'stopped' }

/**
 * Spends a yes inside the caller's transaction: once, within two minutes of being given, for the bound call only.
 */
export async function consumeApproval(
  tenant: Tenant,
  handle: Handle,
  id: string,
  bindingFor: (nonce: string) => string,
): Promise<Consumed> {
  const row = await handle
    .selectFrom('castellan.questions')
    .selectAll()
    .select(
      sql<boolean>`decided_at > clock_timestamp() - ${approvalLifetimeMs} * interval '1 millisecond'`.as(
        'fresh',
      ),
    )
    .where('tenant_id', '=', tenant)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) return { refused: 'other_call' }
  if (row.state === 'open' && row.expires_at > new Date()) return { refused: 'open' }
  if (row.state === 'denied') return { refused: row.kind === 'pause' ? 'stopped' : 'denied' }
  if (row.state === 'consumed' && row.kind === 'pause') return { goOn: true }
  // Somebody did answer; it was the house that came too late.
  if (row.state === 'expired' && row.decided_at !== null) return { refused: 'late' }
  if (row.state !== 'approved') return { refused: 'expired' }
  if (!row.fresh) return { refused: 'late' }
  if (row.binding !== bindingFor(row.nonce)) return { refused: 'other_call' }
  await handle.updateTable('castellan.questions').set({ state: 'consumed' }).where('id', '=', id).execute()
  return row.kind === 'pause' ? { goOn: true } : { factor: row.factor_given as Factor }
}

/** Marks as expired every question nobody answered in time and every yes that was not spent in time. */
export async function expireQuestions(tenant: Tenant, database: Database): Promise<QuestionView[]> {
  const rows = await database
    .as(tenant)
    .updateTable('castellan.questions')
    .set({ state: 'expired' })
    .where((where) =>
      where.or([
        where.and([where('state', '=', 'open'), where('expires_at', '<=', sql<Date>`clock_timestamp()`)]),
        where.and([
          where('state', '=', 'approved'),
          where(
            'decided_at',
            '<=',
            sql<Date>`clock_timestamp() - ${approvalLifetimeMs} * interval '1 millisecond'`,
          ),
        ]),
      ]),
    )
    .returningAll()
    .execute()
  return rows.map(viewOf)
}

/** The last question of every waiting run, where it was answered or closed and the run has not heard of it. */
export async function loadUnheard(tenant: Tenant, database: Database): Promise<QuestionView[]> {
  const { rows } = await sql<Row>`
    select * from (
      select distinct on (question.run_id) question.* from castellan.questions question
      join castellan.runs run on run.id = question.run_id
      where run.tenant_id = ${tenant} and run.state = 'waiting'
      order by question.run_id, question.created_at desc) as last
    where state not in ('open', 'consumed')`.execute(database.as(tenant))
  return rows.map(viewOf)
}

/** Takes back what a run still asks, because the run was stopped or asks anew. */
export async function voidQuestions(
  tenant: Tenant,
  handle: Handle,
  run: string,
  step?: string,
): Promise<QuestionView[]> {
  let query = handle
    .updateTable('castellan.questions')
    .set({ state: 'void' })
    .where('tenant_id', '=', tenant)
    .where('run_id', '=', run)
    .where('state', 'in', ['open', 'approved'])
  if (step !== undefined) query = query.where('step', '=', step)
  return (await query.returningAll().execute()).map(viewOf)
}

async function loadRow(tenant: Tenant, database: Database, id: string): Promise<Row | null> {
  const query = database.as(tenant).selectFrom('castellan.questions').selectAll().where('id', '=', id)
  return (await query.executeTakeFirst()) ?? null
}
