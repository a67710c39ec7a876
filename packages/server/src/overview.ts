/** What the first page, the rail and a live view need: the house at a glance, and the stream of events. */
import type { Overview } from '@castellan/contracts'
import { Hono } from 'hono'
import { sql } from 'kysely'
import { loadNotices, type Persona } from './agent/index.ts'
import type { Database, Tenant } from './database/index.ts'
import type { AppEnv, EventStream } from './http/index.ts'
import type { AnySkill } from './invoke/index.ts'
import type { Models } from './models/index.ts'
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
    .get('/overview', async (c) => c.json(await overview(parts, c.get('identity').tenant)))
    .get('/notices', async (c) =>
      c.json({ notices: await loadNotices(c.get('identity').tenant, parts.database) }),
    )
    .get('/events', (c) => parts.stream.handle(c))
}

async function overview(parts: OverviewParts, tenant: Tenant): Promise<Overview> {
  const models = (await parts.models.list(tenant)).filter((model) => model.enabled)
  const counted = await sql<{ open: number; answered: boolean; replied: boolean }>`
    select (select count(*)::int from castellan.questions where state = 'open') as open,
      exists (select from castellan.questions where state in ('approved', 'consumed', 'denied')) as answered,
      exists (select from castellan.runs where model_calls > 0) as replied`.execute(parts.database.as(tenant))
  const { open, answered, replied } = counted.rows[0] ?? { open: 0, answered: false, replied: false }
  const left: Overview['first_run'] = []
  if (models.length === 0) left.push('model')
  if (!replied) left.push('hello')
  if (!answered) left.push('approval')
  return {
    instance: parts.instance,
    version,
    models: models.length,
    open_questions: open,
    first_run: left,
    personas: [...parts.personas.keys()],
    skills: parts.skills.map(({ name, effect, summary }) => ({ name, effect, summary })),
  }
}
