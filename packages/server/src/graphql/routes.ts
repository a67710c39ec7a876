/** `POST /graphql`, and where the worker announces itself. */
import { CastellanError } from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import { parseBody } from '../http/body.ts'
import type { AppEnv, Identity } from '../http/env.ts'
import { claimOf, type Identify } from '../http/guards.ts'
import { answerWhole } from '../http/index.ts'
import { roleHeader, roleOf, settingsOf } from './claims.ts'
import { bodyLimit, type Limits, Ready } from './envelope.ts'
import { type GraphqlFailure, graphqlFailure } from './failure.ts'
import type { Keeper } from './keeper.ts'
import type { DataSource } from './ports.ts'

export interface GraphqlParts {
  readonly keeper: Keeper
  readonly data: DataSource
  readonly limits: () => Limits
  /** Who asks; undefined for nobody we know. The route stands on the open list and asks for itself. */
  readonly identify: Identify
}

const answerType = 'application/graphql-response+json; charset=utf-8'

/** The routes of /graphql. Every answer is one of GraphQL, refusals too. */
export function graphqlRoutes(parts: GraphqlParts): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.post('/', async function answerGraphql(c) {
    try {
      return await answered(parts, c)
    } catch (error) {
      if (!(error instanceof CastellanError)) throw error
      return failed(graphqlFailure(error))
    }
  })
  app.all('/', () => failed(onlyPost))
  return app
}

async function answered(parts: GraphqlParts, c: Context<AppEnv>): Promise<Response> {
  refuseOtherTypes(c)
  const identity = await known(parts, c)
  const role = roleOf(identity, c.req.header(roleHeader))
  const body = new Uint8Array(await c.req.arrayBuffer())
  if (body.byteLength > bodyLimit) {
    throw new CastellanError(
      'too_large',
      `The body has more than ${bodyLimit} bytes. Nothing of it was used.`,
    )
  }
  const answer = await parts.keeper.ask(
    {
      role,
      settings: settingsOf(identity, role),
      version: await parts.data.version(),
      introspect: mayLook(identity),
      limits: parts.limits(),
    },
    body,
  )
  const { status } = answer
  return answerWhole(c, { status, headers: { 'content-type': answerType }, body: answer.body })
}

/** Whoever a token stands for: only what it is good for. Nobody at all is anonymous, where that means anything. */
async function known({ identify, data }: GraphqlParts, c: Context<AppEnv>): Promise<Identity | undefined> {
  const identity = await identify(claimOf(c))
  if (identity !== undefined) {
    if (identity.scopes === null || identity.scopes.includes('data')) return identity
    throw new CastellanError('refused', 'This token is not good for data. Nothing was read or changed.', {
      hint: 'use a token with the scope `data`',
    })
  }
  // A token that is wrong is no invitation to be nobody.
  const claims = c.req.header('authorization') !== undefined
  if (!claims && (await data.hasAnonymous())) return undefined
  throw new CastellanError('not_signed_in', 'Nobody is signed in here.', {
    hint: 'sign in on the page, or send `Authorization: Bearer` with a token of the scope `data`',
  })
}

/** A form of another site can send three types; JSON is none of them. */
function refuseOtherTypes(c: Context<AppEnv>): void {
  if (/^application\/json\s*(;\s*charset=utf-8\s*)?$/i.test(c.req.header('content-type') ?? '')) return
  throw new CastellanError('bad_request', 'The body must be JSON.', {
    hint: 'send Content-Type: application/json',
  })
}

/** The schema is the owner's to see: in person, whatever role is tried. */
function mayLook(identity: Identity | undefined): boolean {
  return identity?.role === 'owner' && identity.scopes === null
}

const onlyPost: GraphqlFailure = {
  status: 405,
  headers: { allow: 'POST' },
  error: {
    message: 'GraphQL is asked by POST with a JSON body. Nothing was read or changed.',
    extensions: { code: 'bad_request' },
  },
}

function failed({ status, headers, error }: GraphqlFailure): Response {
  return new Response(JSON.stringify({ errors: [error] }), {
    status,
    headers: { 'content-type': answerType, ...headers },
  })
}

/** `/internal/graphql/*`, behind the guard of internal calls. */
export function internalGraphqlRoutes(keeper: Keeper): Hono<AppEnv> {
  const app = new Hono<AppEnv>()
  app.post('/graphql/ready', async (c) => {
    const { pid } = await parseBody(c, Ready)
    if (!keeper.announce(pid)) throw new CastellanError('not_found', 'No such worker is being started.')
    return c.body(null, 204)
  })
  return app
}
