/** The doors of tokens under /api: personal tokens, signed-in apps, registered apps, consent, and the keys. */
import {
  AuthorizationRequest,
  CastellanError,
  ConsentAnswer,
  MintRequest,
  NewClient,
  NewPersonalTokenRequest,
  type TokenKeyView,
} from '@castellan/contracts'
import { Hono } from 'hono'
import * as z from 'zod'
import { parseBody, parseQuery } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import { addClient, listClients, removeClient } from './clients.ts'
import { decide, view } from './consent.ts'
import { endFamily, listFamilies } from './families.ts'
import { hasuraSecret } from './hasura.ts'
import { type SigningKey, stateOf } from './key-plan.ts'
import { sharedKid } from './keyring.ts'
import { mint } from './mint.ts'
import { arrivalOf } from './oauth-routes.ts'
import { listPersonal, makePersonal, revokePersonal } from './personal.ts'
import type { Tokens } from './service.ts'

/** The sub-app of /api for tokens. */
export function tokenRoutes(tokens: Tokens): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  ownTokens(app, tokens)
  apps(app, tokens)
  house(app, tokens)
  return app
}

/** What a person has: personal tokens, and apps that are signed in as them. */
function ownTokens(app: Hono<AppEnv>, tokens: Tokens): void {
  const { options } = tokens
  app.get('/tokens', async (c) => c.json({ tokens: await listPersonal(options, c.get('identity')) }))
  app.post('/tokens', async (c) => {
    const asked = await parseBody(c, NewPersonalTokenRequest)
    await options.requireFresh(c.get('identity'))
    return c.json(await makePersonal(options, c.get('identity'), asked), 201)
  })
  app.delete('/tokens/:id', async (c) => {
    await revokePersonal(options, c.get('identity'), idOf(c.req.param('id')))
    return c.body(null, 204)
  })
  app.get('/grants', async (c) => c.json({ grants: await listFamilies(tokens, c.get('identity')) }))
  app.delete('/grants/:id', async (c) => {
    await endFamily(tokens, c.get('identity'), idOf(c.req.param('id')))
    return c.body(null, 204)
  })
}

/** Which apps may ask, and the answer of who is asked. */
function apps(app: Hono<AppEnv>, tokens: Tokens): void {
  const { options } = tokens
  app.get('/authorize', async (c) => c.json(await view(tokens, parseQuery(c, AuthorizationRequest))))
  app.post('/authorize', async (c) => {
    const { request, allow } = await parseBody(c, ConsentAnswer)
    return c.json({ redirect: await decide(tokens, c.get('identity'), request, allow) })
  })
  app.get('/clients', async (c) => c.json({ clients: await listClients(options) }))
  app.post('/clients', async (c) => {
    const asked = await parseBody(c, NewClient)
    await options.requireFresh(c.get('identity'))
    return c.json(await addClient(options, asked), 201)
  })
  app.delete('/clients/:id', async (c) => {
    await options.requireFresh(c.get('identity'))
    await removeClient(options, tokens.alive, c.req.param('id'))
    return c.body(null, 204)
  })
}

/** The house's own: keys, tokens for tests, what Hasura has to be told. */
function house(app: Hono<AppEnv>, tokens: Tokens): void {
  const { options, keyring } = tokens
  app.get('/tokens/keys', async (c) => c.json({ keys: await keyViews(tokens) }))
  app.post('/tokens/keys', async (c) => {
    const { at_once } = await parseBody(c, z.strictObject({ at_once: z.boolean() }))
    await options.requireFresh(c.get('identity'))
    await keyring.rotate(at_once)
    return c.json({ keys: await keyViews(tokens) })
  })
  app.get('/tokens/hasura', (c) => c.json(hasuraSecret(tokens.issuer, keyring.isShared)))
  app.post('/tokens/mint', async (c) => {
    const asked = await parseBody(c, MintRequest)
    return c.json(await mint(tokens, c.get('identity'), asked, arrivalOf(c)), 201)
  })
}

async function keyViews({ keyring, options }: Tokens): Promise<TokenKeyView[]> {
  const keys = await keyring.list()
  const now = options.now()
  const own = keys.map(
    (key): TokenKeyView => ({
      kid: key.kid,
      alg: 'EdDSA',
      // With a shared key none of ours signs; they only stand behind what they signed before.
      state: keyring.isShared ? 'retired' : stateOf(keys, key, now),
      ...timesOf(key),
    }),
  )
  if (!keyring.isShared) return own
  const times = { signs_from: new Date(0).toISOString(), signs_until: '9999-12-31T23:59:59.000Z' }
  return [{ kid: sharedKid, alg: 'HS256', state: 'signing', ...times }, ...own]
}

const timesOf = ({ signsFrom, signsUntil }: SigningKey) => ({
  signs_from: signsFrom.toISOString(),
  signs_until: signsUntil.toISOString(),
})

function idOf(text: string): string {
  if (z.uuid().safeParse(text).success) return text
  throw new CastellanError('not_found', 'There is nothing of that name.')
}
