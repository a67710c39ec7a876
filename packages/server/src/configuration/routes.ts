/** `/api/settings`: what is set, by whom, and changing what may change while running. Secrets are never answered. */
import { SetOption } from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import { parseBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import type { RequireFresh } from '../http/fresh.ts'
import type { RuntimeName } from './options.ts'
import type { RecordChange, RuntimeOptions } from './runtime.ts'

/** What bounds guessing and whom tokens are given to: a session that was stolen must not loosen it. */
const guarded: ReadonlySet<string> = new Set<RuntimeName>([
  ...(['SIGNIN_MAX_FAILURES', 'SIGNIN_BLOCK_MINUTES', 'AUTH_RATE_LIMIT', 'SESSION_HOURS'] as const),
  ...(['ACCESS_TOKEN_MINUTES', 'APPLE_APP_IDS', 'ANDROID_APPS'] as const),
])

/** GET /settings; PUT and DELETE /settings/:name, which for what guards signing in needs a fresh factor. */
export function settingsRoutes(
  runtime: RuntimeOptions,
  record: RecordChange,
  requireFresh: RequireFresh,
): Hono<AppEnv> {
  const routes = new Hono<AppEnv>()
  const nameIn = async (c: Context<AppEnv>) => {
    const name = c.req.param('name') ?? ''
    if (guarded.has(name)) await requireFresh(c.get('identity'))
    return name
  }
  routes.get('/settings', (c) => c.json({ options: runtime.list() }))
  routes.put('/settings/:name', async (c) => {
    const { value } = await parseBody(c, SetOption)
    return c.json(await runtime.set(await nameIn(c), value, record))
  })
  routes.delete('/settings/:name', async (c) => {
    return c.json(await runtime.reset(await nameIn(c), record))
  })
  return routes
}
