/**
 * The HTTP application: the guards in their order, then routes, then pages. Whatever is mounted here is guarded, because
 * the guards come first and know only the open list. No route lives in this file but the two that supervisors ask.
 */
import { randomUUID } from 'node:crypto'
import { CastellanError, maxAttachmentBytes } from '@castellan/contracts'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { peerReader } from './address.ts'
import type { AppEnv } from './env.ts'
import { answer, errorAnswer } from './errors.ts'
import { bodyGuard, hostGuard, type Identify, originGuard, sessionGuard } from './guards.ts'
import { newNonce, securityHeaders } from './headers.ts'
import { type Hosts, originsOf } from './hosts.ts'
import type { Log } from './log.ts'
import { isPage } from './open.ts'
import { writeWhole } from './whole.ts'

/** Bytes a request body may have. */
const bodyLimit = 1_048_576
/** The same where a body is a file. */
const fileLimits = new Map([['POST /api/attachments', maxAttachmentBytes]])

/** Serves pages and static files; undefined for a file that does not exist. */
export type ServePages = (
  path: string,
  nonce: string,
  ifNoneMatch: string | undefined,
) => Response | undefined

/** What the application is put together from. */
export interface AppParts {
  readonly identify: Identify
  readonly hosts: Hosts
  /** Sub-apps, by where they are mounted. */
  readonly routes: {
    readonly api: readonly Hono<AppEnv>[]
    readonly auth: readonly Hono<AppEnv>[]
    readonly metrics?: Hono<AppEnv>
    readonly wellKnown?: Hono<AppEnv>
    readonly graphql?: Hono<AppEnv>
    /** For programs with caller tokens, who read failures in a form of their own. */
    readonly v1?: { readonly app: Hono<AppEnv>; readonly errors: MiddlewareHandler<AppEnv> }
    /** Guarded by itself: a call of a service is checked before its body is read. */
    readonly internal?: Hono<AppEnv>
  }
  /** Undefined while there is no UI, as in a worker. */
  readonly pages?: ServePages
  /** Whether the instance can work, for /readyz. */
  readonly ready: () => boolean | Promise<boolean>
  /** Addresses and CIDR ranges whose X-Forwarded-For is believed; none by default. */
  readonly trustedProxies?: readonly string[]
  /** Hears of every answer, for the metrics. */
  readonly onAnswer?: (method: string, status: number) => void
  readonly log: Log
}

/** Puts the application together; `fetch` and `request` of the result serve it. */
export function createApp(parts: AppParts): Hono<AppEnv> {
  const origins = originsOf(parts.hosts)
  const app = new Hono<AppEnv>()
  app.onError((error, c) => errorAnswer(c, error, parts.log))
  app.notFound(() => answer(new CastellanError('not_found', 'There is nothing at this address.')))
  app.use(outermost(parts))
  if (parts.routes.v1 !== undefined) app.use('/v1/*', parts.routes.v1.errors)
  app.use(hostGuard(origins))
  // Here ends whatever is for /internal; without services there is the session guard.
  if (parts.routes.internal !== undefined) app.route('/internal', parts.routes.internal)
  app.use(originGuard(origins))
  app.use(bodyGuard(bodyLimit, fileLimits))
  app.use(sessionGuard(parts.identify))
  app.get('/healthz', (c) => c.json({ ok: true }))
  app.get('/readyz', async (c) => {
    const ready = await parts.ready()
    return c.json({ ready }, ready ? 200 : 503)
  })
  for (const routes of parts.routes.auth) app.route('/auth', routes)
  for (const routes of parts.routes.api) app.route('/api', routes)
  if (parts.routes.graphql !== undefined) app.route('/graphql', parts.routes.graphql)
  if (parts.routes.v1 !== undefined) app.route('/v1', parts.routes.v1.app)
  if (parts.routes.metrics !== undefined) app.route('/metrics', parts.routes.metrics)
  if (parts.routes.wellKnown !== undefined) app.route('/.well-known', parts.routes.wellKnown)
  const { pages } = parts
  if (pages !== undefined) {
    app.get('/*', async function servePages(c, next) {
      if (!isPage(c.req.method, c.req.path)) return next()
      return pages(c.req.path, c.get('nonce'), c.req.header('if-none-match')) ?? next()
    })
  }
  return app
}

/** Names the request and its sender, and puts the security headers on whatever comes back, thrown or not. */
function outermost(parts: AppParts) {
  const readPeer = peerReader(parts.trustedProxies ?? [])
  return async function dressAnswer(c: Context<AppEnv>, next: () => Promise<void>): Promise<void> {
    c.set('requestId', randomUUID())
    c.set('nonce', newNonce())
    const peer = readPeer(socketAddress(c), c.req.header('x-forwarded-for'))
    c.set('address', peer.address)
    c.set('fromLoopback', peer.fromLoopback)
    try {
      await next()
    } catch (thrown) {
      // hono hands only Errors to onError; anything else that a route throws ends here.
      c.res = errorAnswer(c, thrown, parts.log)
    }
    const secure = c.get('origin')?.secure ?? parts.hosts.tls
    const house = { ...securityHeaders(c.get('nonce'), secure), 'x-request-id': c.get('requestId') }
    const status = writeWhole(c, house) ?? dress(c.res, house)
    parts.onAnswer?.(c.req.method, status)
  }
}

function dress({ headers, status }: Response, house: Readonly<Record<string, string>>): number {
  for (const [name, value] of Object.entries(house)) headers.set(name, value)
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
  return status
}

function socketAddress(c: Context<AppEnv>): string | undefined {
  const env = c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined
  return env?.incoming?.socket?.remoteAddress
}
