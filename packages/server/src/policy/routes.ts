/** HTTP doors of the policies, mounted under /api behind the session guard. */
import { CastellanError, CheckPolicy, PutPolicy, ReplayPolicy, TryPolicy } from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { parseBody } from '../http/body.ts'
import type { AppEnv, Identity } from '../http/env.ts'
import type { RequireFresh } from '../http/fresh.ts'
import type { Ledger } from '../ledger/index.ts'
import type { Apart } from './apart.ts'
import type { PolicyKeeper } from './keep.ts'
import { replay, tryOn } from './replay.ts'
import { why } from './why.ts'

export interface PolicyRoutes {
  readonly keeper: PolicyKeeper
  readonly apart: Apart
  readonly ledger: Ledger
  /** Takes the password as proof while its person has nothing stronger; rejects otherwise. */
  readonly provePassword: (identity: Identity, password: string, address: string) => Promise<void>
  readonly requireFresh: RequireFresh
}

const seq = z.coerce.number().int().min(1)

/** `GET`, `PUT /policy`; `POST /policy/check`, `/reload`, `/replay`, `/try`; `GET /policy/why/:seq`. */
export function policyRoutes(parts: PolicyRoutes): Hono<AppEnv> {
  const { keeper, apart, ledger } = parts
  return (
    new Hono<AppEnv>()
      .get('/policy', async (c) => c.json(await keeper.view()))
      .put('/policy', async (c) => {
        const { text, base, password } = await parseBody(c, PutPolicy)
        await prove(parts, c, password)
        return c.json(await keeper.put(text, base))
      })
      .post('/policy/check', async (c) => c.json(await apart.check((await parseBody(c, CheckPolicy)).text)))
      // The file is the authority: whoever can write it need not prove anything to have it read again.
      .post('/policy/reload', async (c) => c.json(await keeper.reload()))
      .post('/policy/replay', async (c) => {
        const { text, days } = await parseBody(c, ReplayPolicy)
        const { tenant } = c.get('identity')
        return c.json(
          await replay(ledger, tenant, days, (requests) => apart.judge(text ?? keeper.text(), requests)),
        )
      })
      .post('/policy/try', async (c) => {
        const { text, seq: row } = await parseBody(c, TryPolicy)
        return c.json(await tryOn(parts, c.get('identity').tenant, row, text))
      })
      .get('/policy/why/:seq', async (c) => {
        const row = seq.safeParse(c.req.param('seq'))
        if (!row.success) throw new CastellanError('not_found', 'The ledger has no such row.')
        const rules = { authorize: keeper.authorize, rules: keeper.rules() }
        return c.json(await why(ledger, c.get('identity').tenant, row.data, rules))
      })
  )
}

/** Other rules are administration: the password, or a factor shown just now; the local token is no second proof. */
async function prove(parts: PolicyRoutes, c: Context<AppEnv>, password: string | undefined): Promise<void> {
  const identity = c.get('identity')
  if (identity.via !== 'session') {
    throw new CastellanError('factor_needed', 'Other rules need password as proof that it is you.', {
      hint: 'save them in the web page and enter ADMIN_PASSWORD there, or change policy.cedar and run castellan policy apply',
      details: { factor: 'password' },
    })
  }
  if (password === undefined) await parts.requireFresh(identity)
  else await parts.provePassword(identity, password, c.get('address'))
}
