/** A person's view of what Castellan remembers for them, in every persona's scope: search and forget. */
import { CastellanError, MemoryList, MemoryQuery } from '@castellan/contracts'
import { Hono } from 'hono'
import * as z from 'zod'
import type { Database } from '../database/index.ts'
import { type AppEnv, parseQuery } from '../http/index.ts'
import { forgetMemory, searchMemories } from './store.ts'

/** GET /memory, DELETE /memory/:id. */
export function memoryRoutes(deps: { readonly database: Database }): Hono<AppEnv> {
  const routes = new Hono<AppEnv>()
  routes.get('/memory', async (c) => {
    const { tenant, principal } = c.get('identity')
    const { q, limit } = parseQuery(c, MemoryQuery)
    const found = await searchMemories(tenant, deps.database.as(tenant), {
      ...{ words: q, limit },
      of: { person: principal },
    })
    const memories = found.map(({ id, scope, text, label, savedAt }) => ({
      id,
      scope,
      text,
      label,
      saved_at: savedAt.toISOString(),
    }))
    return c.json(MemoryList.parse({ memories }))
  })
  routes.delete('/memory/:id', async (c) => {
    const { tenant, principal } = c.get('identity')
    const id = c.req.param('id')
    const known = z.uuid().safeParse(id).success
    if (!known || !(await forgetMemory(tenant, deps.database.as(tenant), principal, id)))
      throw new CastellanError('not_found', 'There is no such memory; it may have been forgotten already.')
    return c.body(null, 204)
  })
  return routes
}
