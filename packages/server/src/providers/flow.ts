/**
 * A sign-in there and back: `begin` sends the browser off, `finish` takes what it brings back. Whatever does not fit ends in
 * one of a few problems, which say nothing of why; the reason goes to the log.
 */
import { CastellanError, type ProviderProblem } from '@castellan/contracts'
import { type Handle, homeTenant } from '../database/index.ts'
import type { Identity } from '../http/env.ts'
import { adopt, connect, enter, join, whoseAccount } from './accounts.ts'
import { attemptMs, hashOf, newToken, proofsOf } from './attempt.ts'
import { type Client, departure, redeem } from './client.ts'
import { clientOf, isTrusted, redirectUriOf, secretName } from './configured.ts'
import { decideConnect, decideSignIn } from './rule.ts'
import { type Attempt, loadProvider, saveAttempt, spendAttempt } from './store.ts'
import type { Entered, Profile, ProvidersOptions, Visitor } from './types.ts'

/** Where a browser begins: which provider, at which of our origins, and where it wants to be afterwards. */
export interface Beginning {
  readonly provider: string
  readonly origin: string
  readonly returnTo: string
  /** The session that connects an account; null for a sign-in. */
  readonly sessionId: string | null
}

/** What a browser brought back. */
export interface Return {
  readonly provider: string
  /** The query as it came. */
  readonly query: URLSearchParams
  /** The attempt's token, from the cookie. */
  readonly token: string | undefined
  /** Who is signed in there now. */
  readonly asker: Identity | undefined
  readonly visitor: Visitor
}

/** How it ended. `connecting`: somebody signed in wanted to connect an account. */
export type Ending =
  | { readonly problem: ProviderProblem; readonly connecting: boolean; readonly reason?: unknown }
  | { readonly to: string; readonly entered: Entered | null }

/** Sends a browser off; rejects with `not_found` for no such provider, `outside_failed` when it cannot be reached. */
export async function begin(
  options: ProvidersOptions,
  beginning: Beginning,
): Promise<{ readonly url: string; readonly token: string }> {
  const { database, now } = options
  const handle = database.as(homeTenant)
  const client = await enabledClient(options, handle, beginning.provider)
  if (client === undefined) throw noSuchProvider()
  const redirectUri = redirectUriOf(beginning.origin, beginning.provider)
  const token = newToken()
  const url = await departure(client, proofsOf(token), redirectUri).catch((cause) => {
    throw new CastellanError('outside_failed', `${client.provider.title} cannot be reached now.`, {
      hint: 'Try again in a moment, or sign in another way.',
      cause,
    })
  })
  const at = new Date(now())
  await saveAttempt(handle, {
    ...{ provider: beginning.provider, returnTo: beginning.returnTo, sessionId: beginning.sessionId },
    ...{ redirectUri, tokenHash: hashOf(token), at, expiresAt: new Date(at.getTime() + attemptMs) },
  })
  return { url: url.href, token }
}

/** Takes what came back. Rejects only for faults of ours; everything else is an ending. */
export async function finish(options: ProvidersOptions, returned: Return): Promise<Ending> {
  const handle = options.database.as(homeTenant)
  const { token } = returned
  const attempt =
    token === undefined ? undefined : await spendAttempt(handle, hashOf(token), new Date(options.now()))
  if (token === undefined || attempt === undefined || attempt.provider !== returned.provider)
    return { problem: 'expired', connecting: false }
  const connecting = attempt.sessionId !== null
  if (connecting && returned.asker?.sessionId !== attempt.sessionId)
    return { problem: 'signed_out', connecting }
  const client = await enabledClient(options, handle, attempt.provider)
  if (client === undefined) return { problem: 'failed', connecting }
  const found = await profileOf(options, client, { attempt, token, query: returned.query })
  if ('problem' in found) return { ...found, connecting }
  return connecting && returned.asker !== undefined
    ? connectFor(options, client, found, { asker: returned.asker, to: attempt.returnTo })
    : signIn(options, client, found, { visitor: returned.visitor, to: attempt.returnTo })
}

async function enabledClient(
  options: ProvidersOptions,
  handle: Handle,
  name: string,
): Promise<Client | undefined> {
  const provider = await loadProvider(homeTenant, handle, name)
  return provider?.enabled === true ? clientOf(options, provider) : undefined
}

type Found = Profile | { readonly problem: ProviderProblem; readonly reason: unknown }

async function profileOf(
  options: ProvidersOptions,
  client: Client,
  given: { attempt: Attempt; token: string; query: URLSearchParams },
): Promise<Found> {
  const url = new URL(given.attempt.redirectUri)
  url.search = given.query.toString()
  const returned = { url, proofs: proofsOf(given.token), now: options.now() }
  try {
    const profile = await options.secrets.spend(homeTenant, secretName(client.provider.name), (secret) =>
      redeem(client, secret, returned),
    )
    return profile ?? { problem: 'failed', reason: new TypeError('the provider named no account') }
  } catch (reason) {
    return { problem: problemOf(reason), reason }
  }
}

/** What is told of a failure: only what the person did themselves, or that the provider is away. */
function problemOf(reason: unknown): ProviderProblem {
  if (!(reason instanceof Error)) return 'failed'
  const { error, code, name } = reason as { error?: unknown; code?: unknown; name: string }
  if (name === 'AuthorizationResponseError' && error === 'access_denied') return 'cancelled'
  const away = code === 'OAUTH_TIMEOUT' || (name === 'TypeError' && reason.message === 'fetch failed')
  return away ? 'unavailable' : 'failed'
}

async function signIn(
  options: ProvidersOptions,
  client: Client,
  profile: Profile,
  { visitor, to }: { visitor: Visitor; to: string },
): Promise<Ending> {
  const account = await whoseAccount(options, client.issuer, profile.subject)
  const facts = {
    ...{ profile, account: account?.who },
    // Whom an address belongs to is not even asked while nobody vouches for it.
    namesake: profile.email === null ? undefined : await options.people.byEmail(profile.email),
    provider: { ...client.provider, ownIssuer: isTrusted(client) },
  }
  const verdict = decideSignIn(facts)
  if (verdict.do === 'refuse') return { problem: verdict.problem, connecting: false }
  const parts = { client, profile, visitor }
  const entered =
    verdict.do === 'join'
      ? await join(options, parts)
      : verdict.do === 'adopt'
        ? await adopt(options, parts, verdict.who)
        : account === undefined
          ? undefined
          : await enter(options, parts, account)
  return entered === undefined ? { problem: 'unknown', connecting: false } : { to, entered }
}

async function connectFor(
  options: ProvidersOptions,
  client: Client,
  profile: Profile,
  { asker, to }: { asker: Identity; to: string },
): Promise<Ending> {
  const account = await whoseAccount(options, client.issuer, profile.subject)
  const free = decideConnect(asker.person, account?.who) === 'connect'
  if (free && (account !== undefined || (await connect(options, { client, profile }, asker))))
    return { to, entered: null }
  return { problem: 'taken', connecting: true }
}

function noSuchProvider(): CastellanError {
  return new CastellanError('not_found', 'There is no such way to sign in here.')
}
