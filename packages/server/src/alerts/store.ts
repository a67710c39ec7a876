/** The SQL of alerts. An alert belongs to one person; one without a person to the owner of the tenant. */
import type { AlertFact, AlertView } from '@castellan/contracts'
import { sql } from 'kysely'
import type { Handle, Tenant } from '../database/index.ts'

/** Whose alerts: of one person, and for the owner those of nobody in particular. */
export interface Reader {
  readonly person: string
  readonly isOwner: boolean
}

const keptDays = 90
const listed = 100

/** Stores an alert, or counts it onto the same one that nobody has seen yet. Forgets what was seen long ago. */
export async function saveAlert(
  tenant: Tenant,
  handle: Handle,
  alert: {
    readonly id: string
    readonly person: string | null
    readonly kind: string
    readonly sentence: string
    readonly facts: Readonly<Record<string, AlertFact>>
  },
): Promise<void> {
  await sql`delete from castellan.alerts where tenant_id = ${tenant}::uuid
    and seen_at < clock_timestamp() - ${keptDays}::int * interval '1 day'`.execute(handle)
  await sql`
    insert into castellan.alerts as a (id, tenant_id, person_id, kind, sentence, facts)
    values (${alert.id}::uuid, ${tenant}::uuid, ${alert.person}::uuid, ${alert.kind}, ${alert.sentence},
      ${JSON.stringify(alert.facts)}::jsonb)
    on conflict (tenant_id, kind, md5(sentence), person_id) where seen_at is null
    do update set times = a.times + 1, last_at = clock_timestamp(), facts = excluded.facts`.execute(handle)
}

/** The newest alerts of a reader and how many there are, seen or not. */
export async function loadAlerts(
  tenant: Tenant,
  handle: Handle,
  reader: Reader,
  seen: boolean,
): Promise<{ alerts: AlertView[]; total: number }> {
  const { rows } = await sql<Row & { total: number }>`
    select id, kind, sentence, facts, times, first_at, last_at, seen_at, count(*) over ()::int as total
    from castellan.alerts where ${readable(tenant, reader)} and (seen_at is not null) = ${seen}::boolean
    order by last_at desc, id limit ${listed}`.execute(handle)
  return { alerts: rows.map(viewOf), total: rows[0]?.total ?? 0 }
}

/** Notes that an alert was seen; undefined when the reader has no such alert. Seen twice keeps the first time. */
export async function saveSeen(
  tenant: Tenant,
  handle: Handle,
  reader: Reader,
  id: string,
): Promise<AlertView | undefined> {
  const { rows } = await sql<Row>`
    update castellan.alerts set seen_at = coalesce(seen_at, clock_timestamp())
    where ${readable(tenant, reader)} and id = ${id}::uuid
    returning id, kind, sentence, facts, times, first_at, last_at, seen_at`.execute(handle)
  return rows[0] && viewOf(rows[0])
}

/** A text that changes whenever the tenant's unseen alerts do. */
export async function loadMark(tenant: Tenant, handle: Handle): Promise<string> {
  const { rows } = await sql<{ mark: string | null }>`
    select md5(string_agg(id::text || times, ',' order by id)) as mark from castellan.alerts
    where tenant_id = ${tenant}::uuid and seen_at is null`.execute(handle)
  return rows[0]?.mark ?? ''
}

function readable(tenant: Tenant, { person, isOwner }: Reader) {
  return sql<boolean>`tenant_id = ${tenant}::uuid
    and (person_id = ${person}::uuid or (person_id is null and ${isOwner}::boolean))`
}

interface Row {
  readonly id: string
  readonly kind: string
  readonly sentence: string
  readonly facts: Record<string, AlertFact>
  readonly times: number
  readonly first_at: Date
  readonly last_at: Date
  readonly seen_at: Date | null
}

function viewOf(row: Row): AlertView {
  const { id, kind, sentence, facts, times } = row
  return {
    ...{ id, kind, sentence, facts, times },
    first_at: row.first_at.toISOString(),
    last_at: row.last_at.toISOString(),
    seen_at: row.seen_at?.toISOString() ?? null,
  }
}
