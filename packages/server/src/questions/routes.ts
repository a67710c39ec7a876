/** HTTP doors of the questions capability, mounted under /api behind the session guard. */
import { Approve, Deny, type Factor, type PasskeyOptions, QuestionState } from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { parseBody, parseQuery } from '../http/body.ts'
import type { AppEnv, Identity, RequestOrigin } from '../http/env.ts'
import type { Answerer, Given, Questions } from './index.ts'

const ListQuery = z.strictObject({ state: QuestionState.optional() })

/** The port to factors/: proofs that come with a yes. */
export interface Proofs {
  prove(identity: Identity, given: Given, binding: string, at: Shown): Promise<Factor>
  /** What the browser is asked to show with a yes to the question of that binding. */
  askForApproval(identity: Identity, binding: string, at: Shown): Promise<PasskeyOptions>
}

/** Where a proof is shown. */
export interface Shown {
  readonly address: string
  readonly origin: RequestOrigin
}

/**
 * `GET /questions`, `GET /questions/:id`, `POST /questions/:id/approve`, `POST /questions/:id/passkey`,
 * `POST /questions/:id/deny`.
 */
export function questionRoutes(questions: Questions, proofs: Proofs): Hono<AppEnv> {
  const answerer = (c: Context<AppEnv>): Answerer => {
    const { tenant, principal, via } = c.get('identity')
    return {
      ...{ tenant, principal, via, address: c.get('address') },
      prove: (given, binding) => proofs.prove(c.get('identity'), given, binding, shownIn(c)),
    }
  }
  return new Hono<AppEnv>()
    .get('/questions', async (c) => {
      const { state } = parseQuery(c, ListQuery)
      return c.json({ questions: await questions.list(c.get('identity'), state) })
    })
    .get('/questions/:id', async (c) => c.json(await questions.get(c.get('identity'), c.req.param('id'))))
    .post('/questions/:id/approve', async (c) => {
      const given = await parseBody(c, Approve)
      return c.json(await questions.approve(answerer(c), c.req.param('id'), given))
    })
    .post('/questions/:id/passkey', async (c) => {
      const identity = c.get('identity')
      const binding = await questions.binding(answerer(c), c.req.param('id'))
      return c.json(await proofs.askForApproval(identity, binding, shownIn(c)))
    })
    .post('/questions/:id/deny', async (c) => {
      await parseBody(c, Deny)
      return c.json(await questions.deny(answerer(c), c.req.param('id')))
    })
}

const shownIn = (c: Context<AppEnv>): Shown => ({ address: c.get('address'), origin: c.get('origin') })
