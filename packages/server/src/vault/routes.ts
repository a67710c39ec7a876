/** HTTP doors of the vault, mounted under /api behind the session guard. Values come in; none ever goes out. */
import { CastellanError, SetSecret } from '@castellan/contracts'
import { Hono } from 'hono'
import { parseBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import type { SecretKind, Vault } from './vault.ts'

/** Areas whose secrets prove who somebody is: they come and go with what they belong to, never by this door. */
const ownAreas = ['totp', 'token', 'provider'] as const
const isOwn = (name: string): boolean => ownAreas.some((area) => name.startsWith(`${area}/`))

function refuseOwn(name: string): void {
  if (!isOwn(name)) return
  throw new CastellanError('refused', 'This secret belongs to the house. Nothing was changed.', {
    hint: 'change what it belongs to instead: signing in, tokens or providers',
  })
}

/** `GET /secrets`, `PUT /secrets/:name`, `DELETE /secrets/:name`; the slash of `model/NAME` may be encoded or not. */
export function secretRoutes(vault: Vault): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/secrets', async (c) => {
      const secrets = await vault.list(c.get('identity').tenant)
      return c.json({ secrets: secrets.filter(({ name }) => !isOwn(name)) })
    })
    .put('/secrets/:name{.+}', async (c) => {
      const { tenant } = c.get('identity')
      const name = c.req.param('name')
      refuseOwn(name)
      const { value } = await parseBody(c, SetSecret)
      await vault.set(tenant, name, kindOf(name), value)
      return c.body(null, 204)
    })
    .delete('/secrets/:name{.+}', async (c) => {
      const name = c.req.param('name')
      refuseOwn(name)
      if (!(await vault.unset(c.get('identity').tenant, name))) {
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
