/** HTTP doors of the owner's tables, mounted under /api behind the session guard; the owner's alone. */
import { ApplyData, PreviewPermissions, PutPermissions } from '@castellan/contracts'
import { Hono } from 'hono'
import { parseBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import type { RequireFresh } from '../http/fresh.ts'
import type { OwnersData } from './index.ts'

/** `GET /data`, `/data/hasura`; `POST /data/apply`, `/data/preview`; `PUT /data/permissions`. */
export function dataRoutes(data: OwnersData, requireFresh: RequireFresh): Hono<AppEnv> {
  return (
    new Hono<AppEnv>()
      .get('/data', async (c) => c.json(await data.overview()))
      .get('/data/hasura', async (c) => c.json(await data.hasura()))
      // The files are the authority: whoever can write them need not prove anything to have them put in force.
      .post('/data/apply', async (c) => {
        const { dry_run } = await parseBody(c, ApplyData)
        return c.json(await data.apply(dry_run, c.get('identity').principal))
      })
      .post('/data/preview', async (c) =>
        c.json(await data.preview((await parseBody(c, PreviewPermissions)).text)),
      )
      .put('/data/permissions', async (c) => {
        const identity = c.get('identity')
        const { text, base } = await parseBody(c, PutPermissions)
        await requireFresh(identity)
        return c.json(await data.savePermissions(text, base, identity.principal))
      })
  )
}
