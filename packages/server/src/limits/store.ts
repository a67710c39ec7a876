/**
 * The SQL of limits. Each statement decides and counts in one step under the row's lock, and the row's last column is
 * the answer to whoever wrote it. `now` is null outside of tests: then the database's clock is read under that lock.
 */
import type { Pool } from 'pg'
import type { LockRule, Rate } from './types.ts'

/**
 * The generic cell rate algorithm: `full_at` is when the bucket is full again. What lies further ahead than an empty
 * bucket comes from a clock that was set back, and counts as an empty one.
 */
const takeSql = `
  insert into castellan.rates as r (name, key, full_at, wait_ms)
  values ($1, $2, coalesce($5::timestamptz, clock_timestamp()) + make_interval(secs => $3::float8), 0)
  on conflict (name, key) do update set (full_at, wait_ms) = (
    select case when wait > 0 then since else since + turn end, greatest(wait, 0) * 1000
    from (
      select *, extract(epoch from since - now)::float8 - $3::float8 * $4::float8 as wait
      from (
        select now, turn, least(greatest(r.full_at, now), now + turn * ($4::float8 + 1)) as since
        from (
          select coalesce($5::timestamptz, clock_timestamp()) as now, make_interval(secs => $3::float8) as turn
        ) c
      ) d
    ) e)
  returning wait_ms`

/** Takes one turn; milliseconds to wait, 0 for a pass. */
export async function takeTurn(
  pool: Pool,
  name: string,
  key: Buffer,
  { perMinute, burst }: Rate,
  now: Date | null,
): Promise<number> {
  const turnSeconds = 60 / perMinute
  const { rows } = await pool.query<{ wait_ms: number }>({
    name: 'limits.take',
    text: takeSql,
    values: [name, key, turnSeconds, burst, now],
  })
  return Math.ceil(oneOf(rows).wait_ms)
}

/** Blocked: by an unexpired block that the rule in force still knows; a shortened block time counts at once. */
const reserveSql = `
  insert into castellan.lockouts as l (name, key, failures, last_at, blocked_until, refused_until, forget_at)
  select $1, $2, 1, now, case when 1 >= $3::int then now + block end, null, now + greatest(win, block)
  from (
    select coalesce($6::timestamptz, clock_timestamp()) as now,
      make_interval(secs => $4::float8 / 1000) as win, make_interval(secs => $5::float8 / 1000) as block
  ) c
  on conflict (name, key) do update
  set (failures, last_at, blocked_until, refused_until, forget_at) = (
    select
      case when blocked then l.failures else n end,
      case when blocked then l.last_at else now end,
      case when blocked then l.blocked_until when n >= $3::int then now + block end,
      case when blocked then least(l.blocked_until, l.last_at + block) end,
      case when blocked then l.forget_at else now + greatest(win, block) end
    from (
      select *,
        coalesce(l.blocked_until > now and l.last_at + block > now, false) as blocked,
        case when l.blocked_until is not null or l.last_at <= now - win then 1 else l.failures + 1 end as n
      from (
        select coalesce($6::timestamptz, clock_timestamp()) as now,
          make_interval(secs => $4::float8 / 1000) as win, make_interval(secs => $5::float8 / 1000) as block
      ) c
    ) d)
  returning failures, refused_until,
    extract(epoch from refused_until - coalesce($6::timestamptz, clock_timestamp()))::float8 * 1000 as wait_ms`

/** Counts an attempt, or says until when none is counted. */
export async function reserveAttempt(
  pool: Pool,
  name: string,
  key: Buffer,
  { failures, windowMs, blockMs }: LockRule,
  now: Date | null,
): Promise<{ failures: number; refusedUntil: Date | null; waitMs: number }> {
  const { rows } = await pool.query<{ failures: number; refused_until: Date | null; wait_ms: number | null }>(
    {
      name: 'limits.reserve',
      text: reserveSql,
      values: [name, key, failures, windowMs, blockMs, now],
    },
  )
  const row = oneOf(rows)
  return {
    failures: row.failures,
    refusedUntil: row.refused_until,
    waitMs: Math.max(1, Math.ceil(row.wait_ms ?? 0)),
  }
}

/** Takes one failure back, and with it the block that it may have begun. */
export async function giveBack(pool: Pool, name: string, key: Buffer): Promise<void> {
  await pool.query(
    `update castellan.lockouts set failures = greatest(failures - 1, 0), blocked_until = null
     where name = $1 and key = $2`,
    [name, key],
  )
}

/** Forgets the failures of a key. */
export async function deleteLockout(pool: Pool, name: string, key: Buffer): Promise<void> {
  await pool.query('delete from castellan.lockouts where name = $1 and key = $2', [name, key])
}

/** Removes full buckets and lockouts that are over. */
export async function prune(pool: Pool, now: Date | null): Promise<void> {
  await pool.query(
    'delete from castellan.rates where full_at < coalesce($1::timestamptz, clock_timestamp())',
    [now],
  )
  await pool.query(
    'delete from castellan.lockouts where forget_at < coalesce($1::timestamptz, clock_timestamp())',
    [now],
  )
}

function oneOf<T>(rows: readonly T[]): T {
  const [row] = rows
  // An upsert without a condition always answers; anything else must not count as a pass.
  if (row === undefined) throw new TypeError('a limit answered nothing')
  return row
}
