/** HTTP doors of the models, mounted under /api behind the session guard. No answer carries a key. */
import { ModelPatch, NewModel } from '@castellan/contracts'
import { Hono } from 'hono'
import { parseBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import type { Models } from './models.ts'

/** `GET|POST /models`, `PATCH|DELETE /models/:name`, `POST /models/:name/test`, `POST /models/test`, `GET /models/discover`. */
export function modelRoutes(models: Models): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/models', async (c) => c.json({ models: await models.list(c.get('identity').tenant) }))
    .post('/models', async (c) => {
      const model = await parseBody(c, NewModel)
      return c.json(await models.add(c.get('identity').tenant, model), 201)
    })
    .get('/models/discover', async (c) => c.json(await models.discover()))
    .post('/models/test', async (c) => {
      const candidate = await parseBody(c, NewModel)
      return c.json(await models.testCandidate(c.get('identity').tenant, candidate))
    })
    .post('/models/:name/test', async (c) =>
      c.json(await models.test(c.get('identity').tenant, c.req.param('name'))),
    )
    .patch('/models/:name', async (c) => {
      const change = await parseBody(c, ModelPatch)
      return c.json(await models.patch(c.get('identity').tenant, c.req.param('name'), change))
    })
    .delete('/models/:name', async (c) => {
      await models.remove(c.get('identity').tenant, c.req.param('name'))
      return c.body(null, 204)
    })
}
