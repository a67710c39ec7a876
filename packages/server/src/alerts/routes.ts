/** HTTP doors of alerts, mounted under /api behind the session guard: one's own, and that one has seen them. */
import { CastellanError } from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { Database } from '../database/index.ts'
import { parseQuery } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import { loadAlerts, type Reader, saveSeen } from './store.ts'

const ListQuery = z.strictObject({ seen: z.enum(['true', 'false']).default('false') })

/** `GET /alerts`, `POST /alerts/:id/seen`. */
export function alertRoutes(database: Database): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/alerts', async (c) => {
      const { seen } = parseQuery(c, ListQuery)
      const { tenant } = c.get('identity')
      return c.json(await loadAlerts(tenant, database.as(tenant), readerOf(c), seen === 'true'))
    })
    .post('/alerts/:id/seen', async (c) => {
      const { tenant } = c.get('identity')
      const id = z.uuid().safeParse(c.req.param('id'))
      const alert = id.success && (await saveSeen(tenant, database.as(tenant), readerOf(c), id.data))
      if (!alert) throw new CastellanError('not_found', 'There is no such alert.')
      return c.json(alert)
    })
}

function readerOf(c: Context<AppEnv>): Reader {
  const { person, role } = c.get('identity')
  return { person, isOwner: role === 'owner' }
}
