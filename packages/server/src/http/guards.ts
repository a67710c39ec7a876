/**
 * What stands before every route, each guard a named middleware: known host, own origin, bounded body, session.
 * Absence is refusal: a guard that cannot tell lets nobody through.
 */
import { CastellanError } from '@castellan/contracts'
import type { Context, MiddlewareHandler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { mayAsk } from './authority.ts'
import type { AppEnv, Identity, RequestOrigin } from './env.ts'
import { answer } from './errors.ts'
import type { Origins } from './hosts.ts'
import { isLanding, isOpen, isPage } from './open.ts'

type Guard = MiddlewareHandler<AppEnv>

/** What a request offers as proof of who sends it. */
export interface Claim {
  readonly cookie: string | undefined
  readonly authorization: string | undefined
  readonly origin: RequestOrigin
  readonly fromLoopback: boolean
  /** The sender's address, for the time of last use. */
  readonly address: string
}

/** The port to identity/: who sends a request; undefined for nobody we know. Throws when it cannot tell. */
export type Identify = (claim: Claim) => Promise<Identity | undefined>

/** Refuses names that are not ours (DNS rebinding) and sends pages asked for at an address to the canonical name. */
export function hostGuard(origins: Origins): Guard {
  return async function guardHost(c, next) {
    const url = new URL(c.req.url)
    // Credentials in the target are a name before the name; no client of ours sends them.
    const named = url.username === '' && url.password === '' ? origins.byHost(url.host) : undefined
    const header = c.req.header('host')
    // An absolute-form target and a Host header can disagree; both must be ours.
    if (named === undefined || (header !== undefined && origins.byHost(header) === undefined)) {
      return answer(
        new CastellanError('unknown_host', 'This name does not belong to this instance.', {
          hint: `open ${origins.canonical}`,
        }),
      )
    }
    c.set('origin', named)
    if (named.loopback && named.url !== origins.canonical && isPage(c.req.method, c.req.path)) {
      return c.redirect(origins.canonical + url.pathname + url.search, 308)
    }
    return next()
  }
}

const readMethods = new Set(['GET', 'HEAD', 'OPTIONS'])
const sameSite = new Set(['same-origin', 'none'])

/** Refuses state changes, streams, upgrades and API reads that another site caused. */
export function originGuard(origins: Origins): Guard {
  return async function guardOrigin(c, next) {
    // A bearer is no ambient credential, and where one is shown identity ignores the cookie.
    if (/^bearer /i.test(c.req.header('authorization') ?? '')) return next()
    if (isCrossSite(c, origins)) {
      return answer(
        new CastellanError('cross_origin', 'The request came from another site and was not carried out.', {
          hint: `use the page at ${c.get('origin').url}`,
        }),
      )
    }
    return next()
  }
}

function isCrossSite(c: Context<AppEnv>, origins: Origins): boolean {
  const { method, path } = c.req
  if ((isPage(method, path) || isLanding(method, path)) && !isUpgrade(c)) return false
  const site = c.req.header('sec-fetch-site')
  const origin = c.req.header('origin')
  if (site !== undefined && !sameSite.has(site)) return true
  if (origin !== undefined && !origins.isOurs(origin)) return true
  if (site !== undefined || origin !== undefined) return false
  // Every browser names the origin of a state change; a cookie without one comes from something that hides it.
  const changes = !readMethods.has(c.req.method) || isUpgrade(c)
  return changes && c.req.header('cookie') !== undefined
}

function isUpgrade(c: Context<AppEnv>): boolean {
  return c.req.header('upgrade') !== undefined
}

/** Counts bodies while they stream and refuses what is over the limit, in bytes; a few routes have one of their own. */
export function bodyGuard(usual: number, own: ReadonlyMap<string, number> = new Map()): Guard {
  return async function guardBody(c, next) {
    const limit = own.get(`${c.req.method} ${c.req.path}`) ?? usual
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    const length = c.req.header('content-length')
    // With a Transfer-Encoding the length says nothing (RFC 9112, section 6.3): then only the count does.
    const declared = c.req.header('transfer-encoding') === undefined ? length : undefined
    if (declared === '0') return next()
    if (declared !== undefined && !(Number(declared) <= limit)) return answer(tooLarge(limit))
    // The parser hands over exactly so many bytes (RFC 9112, section 6.2): there is nothing left to count.
    if (declared !== undefined && /^\d+$/.test(declared)) return next()
    const { raw } = c.req
    if (raw.body === null) return next()
    c.req.raw = new Request(raw.url, {
      method: raw.method,
      headers: new Headers([...raw.headers]),
      body: counted(raw.body, limit),
      duplex: 'half',
      signal: raw.signal,
    })
    return next()
  }
}

function counted(body: ReadableStream<Uint8Array>, limit: number): ReadableStream<Uint8Array> {
  let size = 0
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      size += chunk.byteLength
      if (size > limit) controller.error(tooLarge(limit))
      else controller.enqueue(chunk)
    },
  })
  // Cancelling the source would cut the connection before the refusal is read.
  return body.pipeThrough(count, { preventCancel: true })
}

function tooLarge(limit: number): CastellanError {
  return new CastellanError('too_large', `The body is over ${limit} bytes. Nothing of it was used.`)
}

/**
 * Lets through the open list, and people whom identity knows to what they may reach; nobody is `not_signed_in`, and who
 * may not is `refused`.
 */
export function sessionGuard(identify: Identify): Guard {
  return async function guardSession(c, next) {
    if (isOpen(c.req.method, c.req.path)) return next()
    const identity = await identify(claimOf(c))
    if (identity === undefined) return answer(notSignedIn())
    if (!mayAsk(identity, routesOf(c))) return answer(notYours())
    c.set('identity', identity)
    return next()
  }
}

/** The routes that will answer: neither the guards, which stand before all, nor the pages, which come last. */
function routesOf(c: Context<AppEnv>) {
  return matchedRoutes(c).filter(({ method, path }) => method !== 'ALL' && path !== '/*')
}

/** What this request offers as proof of who sends it. */
export function claimOf(c: Context<AppEnv>): Claim {
  const internal = c.req.path.startsWith('/internal')
  return {
    // Programs talk to /internal with a token; a browser has no business there.
    cookie: internal ? undefined : c.req.header('cookie'),
    authorization: c.req.header('authorization'),
    origin: c.get('origin'),
    fromLoopback: c.get('fromLoopback'),
    address: c.get('address'),
  }
}

function notSignedIn(): CastellanError {
  return new CastellanError('not_signed_in', 'Nobody is signed in here.', {
    hint: 'sign in on the page, or run `castellan open` for a sign-in link',
  })
}

function notYours(): CastellanError {
  return new CastellanError('refused', 'This is not yours to see or to do. Nothing was changed.', {
    hint: 'ask the owner, who can do it or give you another role',
  })
}
