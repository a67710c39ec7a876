/** A small house for attack tests: the real guards, identity and PostgreSQL, a few rooms to break into, a clock to move. */
import { randomBytes } from 'node:crypto'
import type { Event } from '@castellan/contracts'
import { Hono } from 'hono'
import * as z from 'zod'
import {
  type AppEnv,
  type AppParts,
  createApp,
  eventHub,
  eventStream,
  type Hosts,
  type Listener,
  type ListenOptions,
  listen,
  openRoutes,
  parseBody,
} from '../../packages/server/src/http/index.ts'
import {
  authRoutes,
  defaultLimits,
  type IdentityEvent,
  makeIdentity,
  type SignInLimits,
  sessionRoutes,
} from '../../packages/server/src/identity/index.ts'
import { openLimits } from '../../packages/server/src/limits/index.ts'
import { type TestDatabase, testDatabase } from '../../packages/server/src/testing/database.ts'
import { noSecondStep } from '../../packages/server/src/testing/identity.ts'

export const origin = 'http://localhost:7777'
export const password = 'correct horse battery staple'

/** What an attacker or the owner sends; the peer is the socket's address. */
export interface Sent extends RequestInit {
  peer?: string
}

export type House = Awaited<ReturnType<typeof openHouse>>

interface HouseOptions {
  hosts?: Hosts
  password?: string | undefined
  limits?: Partial<SignInLimits>
  trustedProxies?: readonly string[]
  parts?: Partial<AppParts>
}

/** Opens the house on a database of its own. */
export async function openHouse(options: HouseOptions = {}) {
  const db: TestDatabase = await testDatabase({ poolSize: 12 })
  const recorded: IdentityEvent[] = []
  const logged: object[] = []
  const localToken = randomBytes(32).toString('base64url')
  let offset = 0
  const settings = {
    limits: { ...defaultLimits, authBurst: 1e9, ...options.limits },
    password: 'password' in options ? options.password : password,
  }
  const identityOptions = {
    database: db.database,
    tenant: db.tenant,
    instance: 'home',
    passwordFile: '.env.secrets',
    adminPassword: () => settings.password,
    localToken,
    url: origin,
    limits: () => settings.limits,
    limiter: openLimits({ pool: db.database.pool, now: () => Date.now() + offset }),
    secondStep: noSecondStep,
    record: async (_transaction: unknown, _tenant: unknown, event: IdentityEvent) =>
      void recorded.push(event),
    now: () => Date.now() + offset,
  }
  const identity = makeIdentity(identityOptions)
  const hub = eventHub((error) => logged.push({ error }))
  const stream = eventStream(hub, {
    watch: identity.sessions.watch,
    isLive: identity.sessions.isLive,
    heartbeatMs: 50,
    maxWaitingBytes: 65_536,
  })
  const rooms = makeRooms()
  rooms.app.get('/events', stream.handle)
  const makeApp = (hosts: Hosts) =>
    createApp({
      identify: identity.identify,
      hosts,
      routes: {
        api: [rooms.app, sessionRoutes(identity, identityOptions)],
        auth: [authRoutes(identity, identityOptions)],
      },
      pages: (path, nonce) => (path === '/' ? new Response(`<script nonce="${nonce}"></script>`) : undefined),
      ready: () => true,
      trustedProxies: options.trustedProxies ?? [],
      log: { info: () => {}, warn: (facts) => logged.push(facts), error: (facts) => logged.push(facts) },
      ...options.parts,
    })
  const app = makeApp(options.hosts ?? { port: 7777, tls: false, public: [] })
  const listeners: Listener[] = []

  const house = {
    db,
    app,
    identity,
    hub,
    stream,
    recorded,
    logged,
    localToken,
    settings,
    rooms,
    advance(ms: number) {
      offset += ms
    },
    /** Sends a request to the application as from `peer` (127.0.0.1). */
    send(target: string, { peer = '127.0.0.1', ...init }: Sent = {}): Promise<Response> {
      const url = target.startsWith('http') ? target : origin + target
      return Promise.resolve(app.request(url, init, { incoming: { socket: { remoteAddress: peer } } }))
    },
    post(target: string, body: unknown, init: Sent = {}): Promise<Response> {
      return house.send(target, {
        method: 'POST',
        ...init,
        headers: { origin, 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
        body: JSON.stringify(body),
      })
    },
    /** Signs in and gives back the Cookie header. */
    async signIn(init: Sent = {}): Promise<string> {
      const answer = await house.post('/auth/login', { password }, init)
      if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}`)
      return cookieOf(answer)
    },
    publish(event: Event) {
      hub.publish(db.tenant, event)
    },
    /** Opens a real socket before the same house. */
    async listen(over: Partial<ListenOptions> = {}): Promise<Listener> {
      const listener = await listen({ host: 'localhost', port: 0, ...over })
      listeners.push(listener)
      listener.serve(makeApp({ port: listener.port, tls: over.tls !== undefined, public: [] }).fetch)
      return listener
    },
    async close() {
      stream.close()
      await Promise.all(listeners.map((listener) => listener.stop(0)))
      await db.close()
    },
  }
  return house
}

/** Sends every route of a router that is not on the open list without a session; gives back those that did not refuse. */
export async function unguarded(
  routes: readonly { method: string; path: string }[],
  send: (path: string, init: RequestInit) => Promise<Response>,
): Promise<{ asked: number; answered: string[] }> {
  const isListed = (method: string, path: string) =>
    openRoutes.some((r) => r.method === method && r.path === path)
  const guarded = routes.filter(({ method, path }) => method !== 'ALL' && !isListed(method, path))
  const answered: string[] = []
  for (const { method, path } of guarded) {
    const concrete = path.replace(/:\w+(\{[^}]*\})?\??/g, 'x').replace(/\*/g, 'x')
    const answer = await send(concrete, { method, headers: { origin } })
    if (answer.status !== 401) answered.push(`${method} ${path} ${answer.status}`)
    await answer.body?.cancel()
  }
  return { asked: guarded.length, answered }
}

/** The Cookie header that a browser would send after this answer. */
export function cookieOf(answer: Response): string {
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

/** Rooms behind the guards; `done` counts the state changes that were carried out. */
function makeRooms() {
  const app = new Hono<AppEnv>()
  const rooms = { app, done: 0 }
  app.get('/things', (c) => c.json({ secret: 'the owner’s things' }))
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    app.on(method, '/things', async (c) => {
      const { text } =
        method === 'DELETE' ? { text: '' } : await parseBody(c, z.strictObject({ text: z.string() }))
      rooms.done++
      return c.json({ length: text.length })
    })
  }
  app.post('/anything', async (c) => c.json(await parseBody(c, z.json())))
  app.get('/things/:id', (c) => c.json({ id: c.req.param('id') }))
  app.get('/boom', () => {
    throw new Error('password=hunter2 at /home/owner')
  })
  app.get('/boom-strange', () => {
    throw 'password=hunter2'
  })
  app.get('/whoami', (c) => c.json({ ...c.get('identity'), address: c.get('address') }))
  return rooms
}
