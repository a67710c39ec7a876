/** What the first page, the rail and a live view need: the house at a glance, and the stream of events. */
import type { Overview } from '@castellan/contracts'
import { Hono } from 'hono'
import { sql } from 'kysely'
import { loadNotices, type Persona } from './agent/index.ts'
import { type Database, homeTenant, type Tenant } from './database/index.ts'
import type { AppEnv, EventStream, Identity } from './http/index.ts'
import type { AnySkill } from './invoke/index.ts'
import type { Models } from './models/index.ts'
import { countWaiting } from './questions/index.ts'
import { version } from './version.ts'

export interface OverviewParts {
  readonly instance: string
  readonly database: Database
  readonly models: Models
  readonly personas: ReadonlyMap<string, Persona>
  readonly skills: readonly AnySkill[]
  readonly stream: EventStream
}

/** `GET /overview`, `GET /notices`, `GET /events`. */
export function overviewRoutes(parts: OverviewParts): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/overview', async (c) => c.json(await overview(parts, c.get('identity'))))
    .get('/notices', async (c) => c.json({ notices: await loadNotices(c.get('identity'), parts.database) }))
    .get('/events', (c) => parts.stream.handle(c))
}

async function overview(parts: OverviewParts, who: Identity): Promise<Overview> {
  const { principal, role, tenant } = who
  const chats = tenant === homeTenant && role !== 'viewer'
  const models = (await parts.models.list(tenant)).filter((model) => model.enabled).length
  return {
    ...{ instance: parts.instance, version, models, you: { principal, role, chats } },
    open_questions: await countWaiting(who, parts.database),
    first_run: principal === 'owner' && chats ? await firstSteps(parts, tenant, models) : [],
    personas: chats ? [...parts.personas.keys()] : [],
    skills: chats ? parts.skills.map(({ name, effect, summary }) => ({ name, effect, summary })) : [],
  }
}

/** What a new owner has not done yet. */
async function firstSteps(
  { database }: OverviewParts,
  tenant: Tenant,
  models: number,
): Promise<Overview['first_run']> {
  const { rows } = await sql<{ answered: boolean; replied: boolean }>`
    select exists (select from castellan.questions where state in ('approved', 'consumed', 'denied')) as answered,
      exists (select from castellan.runs where model_calls > 0) as replied`.execute(database.as(tenant))
  const { answered = false, replied = false } = rows[0] ?? {}
  const left: Overview['first_run'] = []
  if (models === 0) left.push('model')
  if (!replied) left.push('hello')
  if (!answered) left.push('approval')
  return left
}
