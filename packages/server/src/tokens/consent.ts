/** A person is asked whether an app may act for them: who asks, for what, and where the answer goes. */
import {
  type AuthorizationRequest,
  CastellanError,
  type ConsentView,
  type OAuthError,
} from '@castellan/contracts'
import type { Identity } from '../http/env.ts'
import { type Asked, type Reading, readRequest } from './authorization.ts'
import { issueCode } from './codes.ts'
import type { Parts } from './families.ts'
import { answerAt } from './redirects.ts'
import { loadClient } from './store.ts'

/** Reads a request with the app it names. */
export async function read({ options }: Parts, request: AuthorizationRequest): Promise<Reading> {
  const { database, home } = options
  const id = request.client_id
  const client = id === undefined ? undefined : await loadClient(home, database.as(home), id)
  return readRequest(request, client)
}

/** Where a browser goes that an app has sent to /auth/authorize: to the page that asks, or back with what is wrong. */
export async function door(parts: Parts, request: AuthorizationRequest): Promise<string> {
  const reading = await read(parts, request)
  if (reading.kind === 'tell') return refusedAt(parts, reading, request.state)
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(request)) if (value !== undefined) query.set(name, value)
  // In one opaque value: a router of pages reads numbers and truths out of a query and writes them back differently.
  return `/authorize?request=${Buffer.from(query.toString()).toString('base64url')}`
}

/** What the page shows; throws `bad_request` where nothing can be agreed to. */
export async function view(parts: Parts, request: AuthorizationRequest): Promise<ConsentView> {
  const { client, scopes, redirectUri } = await asked(parts, request)
  return { client: { id: client.id, name: client.name }, scopes: [...scopes], redirect_uri: redirectUri }
}

/** Takes the answer and says where the browser goes with it. A yes needs a session that has just shown a factor. */
export async function decide(
  parts: Parts,
  identity: Identity,
  request: AuthorizationRequest,
  allow: boolean,
): Promise<string> {
  const found = await asked(parts, request)
  const { redirectUri, state } = found
  if (!allow) {
    return refusedAt(parts, { redirectUri, error: 'access_denied', why: 'the person said no' }, state)
  }
  if (identity.via !== 'session')
    throw new CastellanError('refused', 'Only a person at the page signs an app in.')
  await parts.options.requireFresh(identity)
  const code = await issueCode(parts, identity, found)
  return answerAt(redirectUri, { code, state, iss: parts.options.url })
}

async function asked(parts: Parts, request: AuthorizationRequest): Promise<Asked> {
  const reading = await read(parts, request)
  if (reading.kind === 'asked') return reading.asked
  throw new CastellanError('bad_request', `${sentence(reading.why)} Nobody was signed in.`, {
    hint: 'the app has to be mended by whoever made it, or registered on the page Apps in the settings',
  })
}

const sentence = (words: string) =>
  words.endsWith('.') ? words : `The app asked in a way that is not taken (${words}).`

function refusedAt(
  { options }: Parts,
  what: { redirectUri: string; error: OAuthError['error']; why: string },
  state: string | undefined,
): string {
  const { redirectUri, error, why } = what
  return answerAt(redirectUri, { error, error_description: why, state, iss: options.url })
}
