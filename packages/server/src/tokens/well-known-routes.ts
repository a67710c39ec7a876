/** The sub-app of /.well-known: open, without cookies or redirects, and what may be kept says for how long. */
import { CastellanError } from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import type { AppEnv } from '../http/env.ts'
import { listClients } from './clients.ts'
import { jwksAgeMs } from './key-plan.ts'
import type { Tokens } from './service.ts'
import { androidAssociation, appleAssociation, jwks, metadata } from './well-known.ts'

/** Answers for the four files. */
export function wellKnownRoutes({ keyring, options }: Tokens): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.get('/jwks.json', async (c) => kept(c, jwks(await keyring.published()), 'application/jwk-set+json'))
  app.get('/oauth-authorization-server', (c) => kept(c, metadata(options.url)))
  app.get('/apple-app-site-association', async (c) =>
    kept(c, appleAssociation(options.settings().appleApps, options.url, await listClients(options))),
  )
  app.get('/assetlinks.json', (c) => kept(c, androidAssociation(options.settings().androidApps)))
  return app
}

function kept(c: Context<AppEnv>, value: object | undefined, type = 'application/json'): Response {
  if (value === undefined) {
    throw new CastellanError('not_found', 'No app is named in the options, so there is nothing here.')
  }
  c.header('cache-control', `public, max-age=${jwksAgeMs / 1000}`)
  return c.body(JSON.stringify(value), 200, { 'content-type': type })
}
