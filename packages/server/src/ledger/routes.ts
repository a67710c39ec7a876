/** HTTP doors of the ledger, mounted under /api behind the session guard. */
import { CastellanError, DecisionResult, LedgerKind } from '@castellan/contracts'
import { Hono } from 'hono'
import * as z from 'zod'
import { parseQuery } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import type { Ledger } from './ledger.ts'

const seq = z.coerce.number().int().min(1)
const PageQuery = z.strictObject({
  before: seq.optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  skill: z.string().max(200).optional(),
  kind: LedgerKind.optional(),
  decision: DecisionResult.optional(),
  run: z.string().max(200).optional(),
})
const ExportQuery = z.strictObject({ bodies: z.enum(['0', '1']).default('0') })

/** `GET /ledger`, `/ledger/verify`, `/ledger/export`, `/ledger/:seq`; `POST /ledger/checkpoint`. */
export function ledgerRoutes(ledger: Ledger): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/ledger', async (c) =>
      c.json(await ledger.page(c.get('identity').tenant, parseQuery(c, PageQuery))),
    )
    .get('/ledger/verify', async (c) => c.json(await ledger.verify(c.get('identity').tenant)))
    .get('/ledger/export', (c) => {
      const bodies = parseQuery(c, ExportQuery).bodies === '1'
      const lines = ledger.export(c.get('identity').tenant, { bodies })
      return c.body(ReadableStream.from(encode(lines)), 200, { 'content-type': 'application/x-ndjson' })
    })
    .post('/ledger/checkpoint', async (c) => {
      const checkpoint = await ledger.checkpoint(c.get('identity').tenant)
      return c.json({ checkpoint })
    })
    .get('/ledger/:seq', async (c) => {
      const parsed = seq.safeParse(c.req.param('seq'))
      if (!parsed.success) throw new CastellanError('not_found', 'The ledger has no such row.')
      return c.json(await ledger.detail(c.get('identity').tenant, parsed.data))
    })
}

async function* encode(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for await (const line of lines) yield encoder.encode(`${line}\n`)
}
