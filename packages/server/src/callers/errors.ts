/** Failures at /v1 in the form that OpenAI's clients read, whoever refused: a guard, a route or the house itself. */
import { ErrorBody } from '@castellan/contracts'
import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from '../http/env.ts'
import { errorBody } from './answers.ts'

/** Goes before all guards of /v1. */
export function openAiErrors(): MiddlewareHandler<AppEnv> {
  return async function dressErrors(c, next) {
    await next()
    if (c.res.status < 400) return
    const parsed = ErrorBody.safeParse(
      await c.res
        .clone()
        .json()
        .catch(() => undefined),
    )
    if (!parsed.success) return
    const { headers, status } = c.res
    headers.delete('content-length')
    const { error } = parsed.data
    c.res = Response.json(errorBody({ hint: undefined, ...error }), { status, headers })
  }
}
