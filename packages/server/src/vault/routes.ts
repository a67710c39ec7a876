/** HTTP doors of the vault, mounted under /api behind the session guard. Values come in; none ever goes out. */
import { CastellanError, SetSecret } from '@castellan/contracts'
import { Hono } from 'hono'
import { parseBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import type { SecretKind, Vault } from './vault.ts'

/** `GET /secrets`, `PUT /secrets/:name`, `DELETE /secrets/:name`; the slash of `model/NAME` may be encoded or not. */
export function secretRoutes(vault: Vault): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/secrets', async (c) => c.json({ secrets: await vault.list(c.get('identity').tenant) }))
    .put('/secrets/:name{.+}', async (c) => {
      const { tenant } = c.get('identity')
      const name = c.req.param('name')
      const { value } = await parseBody(c, SetSecret)
      await vault.set(tenant, name, kindOf(name), value)
      return c.body(null, 204)
    })
    .delete('/secrets/:name{.+}', async (c) => {
      if (!(await vault.unset(c.get('identity').tenant, c.req.param('name')))) {
        throw new CastellanError('not_found', 'There is no secret of that name.')
      }
      return c.body(null, 204)
    })
}

const kinds: readonly [RegExp, SecretKind][] = [
  [/^model\/|_KEY$/i, 'api-key'],
  [/PASSWORD$/i, 'password'],
  [/TOKEN$/i, 'token'],
  [/WEBHOOK_SECRET$/i, 'webhook-secret'],
]

/** What a secret probably is, by its name. */
export function kindOf(name: string): SecretKind {
  return kinds.find(([pattern]) => pattern.test(name))?.[1] ?? 'other'
}
