/** `/api/settings`: what is set, by whom, and changing what may change while running. Secrets are never answered. */
import { SetOption } from '@castellan/contracts'
import { Hono } from 'hono'
import { parseBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import type { RecordChange, RuntimeOptions } from './runtime.ts'

/** GET /settings; PUT and DELETE /settings/:name. */
export function settingsRoutes(runtime: RuntimeOptions, record: RecordChange): Hono<AppEnv> {
  const routes = new Hono<AppEnv>()
  routes.get('/settings', (c) => c.json({ options: runtime.list() }))
  routes.put('/settings/:name', async (c) => {
    const name = c.req.param('name')
    const { value } = await parseBody(c, SetOption)
    return c.json(await runtime.set(name, value, record))
  })
  routes.delete('/settings/:name', async (c) => {
    const name = c.req.param('name')
    return c.json(await runtime.reset(name, record))
  })
  return routes
}
