/** HTTP doors of the agent, mounted under /api behind the session guard. */
import { NewConversation, NewMessage } from '@castellan/contracts'
import { Hono } from 'hono'
import * as z from 'zod'
import { parseBody, parseQuery } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import type { Agent } from './index.ts'

/** The longest a client may hold a connection open for a result; then it asks again. */
const maxWaitMs = 60_000

const ResultQuery = z.strictObject({
  wait: z.enum(['done', 'question']).optional(),
  timeout_ms: z.coerce.number().int().min(0).max(maxWaitMs).default(maxWaitMs),
})

/** Conversations, messages and runs. */
export function agentRoutes(agent: Agent): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/conversations', async (c) =>
      c.json({ conversations: await agent.conversations(c.get('identity')) }),
    )
    .post('/conversations', async (c) => {
      const { title, persona } = await parseBody(c, NewConversation)
      const input = {
        ...(title === undefined ? {} : { title }),
        ...(persona === undefined ? {} : { persona }),
      }
      const channel = c.get('identity').via === 'session' ? 'web' : 'terminal'
      return c.json(await agent.newConversation(c.get('identity'), { ...input, channel }), 201)
    })
    .get('/conversations/:id', async (c) => c.json(await agent.view(c.get('identity'), c.req.param('id'))))
    .post('/conversations/:id/messages', async (c) => {
      const { text, pasted, attachments, channel, external_id } = await parseBody(c, NewMessage)
      const input = {
        text,
        pasted,
        attachments,
        channel,
        ...(external_id === undefined ? {} : { externalId: external_id }),
      }
      return c.json(await agent.accept(c.get('identity'), c.req.param('id'), input), 202)
    })
    .post('/first-run/approval', async (c) => c.json(await agent.firstApproval(c.get('identity')), 202))
    .get('/runs/:id', async (c) => c.json(await agent.run(c.get('identity'), c.req.param('id'))))
    .post('/runs/:id/stop', async (c) => c.json(await agent.stop(c.get('identity'), c.req.param('id'))))
    .get('/runs/:id/result', async (c) => {
      const { wait, timeout_ms } = parseQuery(c, ResultQuery)
      const limit = wait === undefined ? AbortSignal.abort() : AbortSignal.timeout(timeout_ms)
      const signal = AbortSignal.any([c.req.raw.signal, limit])
      return c.json(await agent.result(c.get('identity'), c.req.param('id'), wait ?? 'done', signal))
    })
}
