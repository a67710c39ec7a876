/** The owner's doors to callers, mounted under /api behind the session guard: seen, made, revoked. */
import { CastellanError, NewCallerRequest } from '@castellan/contracts'
import { Hono } from 'hono'
import * as z from 'zod'
import { parseBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import type { CallerService } from './callers.ts'
import type { CallersOptions } from './types.ts'

/** `GET|POST /callers`, `DELETE /callers/:id`. */
export function callerRoutes(
  callers: CallerService,
  { requireFresh }: Pick<CallersOptions, 'requireFresh'>,
): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/callers', async (c) => c.json({ callers: await callers.list() }))
    .post('/callers', async (c) => {
      const wanted = await parseBody(c, NewCallerRequest)
      await requireFresh(c.get('identity'))
      return c.json(await callers.create(wanted), 201)
    })
    .delete('/callers/:id', async (c) => {
      const id = c.req.param('id')
      if (!z.uuid().safeParse(id).success)
        throw new CastellanError('not_found', 'There is no such caller token.')
      // Without a fresh factor: taking access away must never wait.
      await callers.revoke(id)
      return c.body(null, 204)
    })
}
