/**
 * The OAuth doors under /auth, which apps' libraries speak with: authorize, token, revoke. All are open, none looks at a
 * cookie, and failures are in OAuth's own form.
 */
import { AuthorizationRequest, RevokeRequest, type TokenAnswer, TokenRequest } from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import type * as z from 'zod'
import type { AppEnv } from '../http/env.ts'
import { exchange } from './codes.ts'
import { door } from './consent.ts'
import { OAuthFailure } from './oauth-failure.ts'
import { refresh } from './refresh.ts'
import { revoke } from './revocation.ts'
import type { Tokens } from './service.ts'
import type { Arrival } from './types.ts'

/** No request of an app is longer, in characters. */
const maxBody = 16_384

/** The sub-app of /auth for tokens. */
export function oauthRoutes(tokens: Tokens): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.get('/authorize', (c) =>
    answering(c, async () => {
      const request = parse(AuthorizationRequest, new URL(c.req.url).searchParams)
      return c.redirect(await door(tokens, request), 302)
    }),
  )
  app.post('/token', (c) =>
    answering(c, async () => {
      const request = await parseForm(c, TokenRequest)
      return c.json((await grant(tokens, request, arrivalOf(c))) satisfies TokenAnswer)
    }),
  )
  app.post('/revoke', (c) =>
    answering(c, async () => {
      const { token = '', client_id: client } = await parseForm(c, RevokeRequest)
      if (token === '') throw new OAuthFailure('invalid_request', 'token is missing')
      await revoke(tokens, token, client)
      return c.body(null, 200)
    }),
  )
  return app
}

function grant(
  tokens: Tokens,
  request: z.infer<typeof TokenRequest>,
  arrival: Arrival,
): Promise<TokenAnswer> {
  if (request.client_id === undefined) throw new OAuthFailure('invalid_client', 'client_id is missing')
  if (request.grant_type === 'authorization_code') return exchange(tokens, request, arrival)
  if (request.grant_type === 'refresh_token') return refresh(tokens, request, arrival)
  throw new OAuthFailure('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token')
}

/** Where a request comes from, as a family remembers it. */
export const arrivalOf = (c: Context<AppEnv>): Arrival => ({
  address: c.get('address'),
  userAgent: c.req.header('user-agent') ?? '',
})

async function answering(c: Context<AppEnv>, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OAuthFailure) return c.json(error.body, 400)
    throw error
  }
}

/** A form (RFC 6749, appendix B) or JSON. No ambient credential is looked at here, so a cross-site form gains nothing. */
async function parseForm<T>(c: Context<AppEnv>, schema: z.ZodType<T>): Promise<T> {
  const text = await c.req.text()
  if (text.length > maxBody) throw new OAuthFailure('invalid_request', 'the body is too long')
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return check(schema, json(text))
  if (type === 'application/x-www-form-urlencoded') return parse(schema, new URLSearchParams(text))
  throw new OAuthFailure('invalid_request', 'the body must be a form or JSON')
}

function parse<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
  const values: Record<string, string> = Object.create(null)
  for (const [name, value] of query) {
    // RFC 6749, section 3.1: no parameter comes twice, or two readers would take different ones.
    if (name in values) throw new OAuthFailure('invalid_request', 'a parameter is given more than once')
    values[name] = value
  }
  return check(schema, { ...values })
}

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new OAuthFailure('invalid_request', 'a parameter does not have the expected form')
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new OAuthFailure('invalid_request', 'the body is not valid JSON')
  }
}
