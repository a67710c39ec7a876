/** HTTP doors of the questions capability, mounted under /api behind the session guard. */
import { Approve, Deny, QuestionState } from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { parseBody, parseQuery } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import type { Answerer, Questions } from './index.ts'

const ListQuery = z.strictObject({ state: QuestionState.optional() })

/** `GET /questions`, `GET /questions/:id`, `POST /questions/:id/approve`, `POST /questions/:id/deny`. */
export function questionRoutes(questions: Questions): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/questions', async (c) => {
      const { state } = parseQuery(c, ListQuery)
      return c.json({ questions: await questions.list(c.get('identity').tenant, state) })
    })
    .get('/questions/:id', async (c) =>
      c.json(await questions.get(c.get('identity').tenant, c.req.param('id'))),
    )
    .post('/questions/:id/approve', async (c) => {
      const given = await parseBody(c, Approve)
      return c.json(await questions.approve(answerer(c), c.req.param('id'), given))
    })
    .post('/questions/:id/deny', async (c) => {
      await parseBody(c, Deny)
      return c.json(await questions.deny(answerer(c), c.req.param('id')))
    })
}

function answerer(c: Context<AppEnv>): Answerer {
  const { tenant, principal, via } = c.get('identity')
  return { tenant, principal, via, address: c.get('address') }
}
