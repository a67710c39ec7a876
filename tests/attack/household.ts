/** A house with people in it: the real guards, identity, limits, PostgreSQL and mail server, and a clock to move. */
import { randomBytes } from 'node:crypto'
import { Account, CastellanError, ErrorBody, MadeInvitation, MadeTenant } from '@castellan/contracts'
import { Hono } from 'hono'
import type * as z from 'zod'
import { openMail } from '../../packages/server/src/adapters/mail/index.ts'
import { raise } from '../../packages/server/src/alerts/index.ts'
import { homeTenant } from '../../packages/server/src/database/index.ts'
import {
  type FactorOptions,
  factorAccountRoutes,
  factorAuthRoutes,
  makeFactors,
} from '../../packages/server/src/factors/index.ts'
import { type AppEnv, createApp, type Hosts } from '../../packages/server/src/http/index.ts'
import {
  authRoutes,
  defaultLimits,
  type IdentityEvent,
  type IdentityOptions,
  type IdentityService,
  makeIdentity,
  sessionRoutes,
} from '../../packages/server/src/identity/index.ts'
import { openLimits } from '../../packages/server/src/limits/index.ts'
import {
  accountRoutes,
  linkRoutes,
  makePost,
  type PeopleEvent,
  type PeopleOptions,
  peopleRoutes,
} from '../../packages/server/src/people/index.ts'
import { recorder } from '../../packages/server/src/record.ts'
import { testDatabase } from '../../packages/server/src/testing/database.ts'
import { openVault } from '../../packages/server/src/vault/index.ts'
import { cookieOf } from './house.ts'
import { type Mailbox, openMailbox } from './mailbox.ts'

export const origin = 'http://localhost:7777'
export const adminPassword = 'open sesame'
export const goodPassword = 'kettle rhubarb violin meadow'

interface HouseholdOptions {
  /** Whether the house can send mail. */
  readonly mail?: boolean
  readonly hosts?: Hosts
  readonly trustedProxies?: readonly string[]
  readonly bearers?: IdentityOptions['bearers']
  readonly people?: Partial<Omit<PeopleOptions, 'forgetProofs'>>
  /** Whether sessions count as fresh. */
  readonly fresh?: () => boolean
}

export type Household = Awaited<ReturnType<typeof openHousehold>>

/** What is sent; the peer is the socket's address. */
export interface Sent {
  readonly cookie?: string
  readonly peer?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Opens the household on a database of its own. */
export async function openHousehold(options: HouseholdOptions = {}) {
  const db = await testDatabase({ poolSize: 12 })
  let offset = 0
  const now = () => Date.now() + offset
  const recorded: (IdentityEvent | PeopleEvent)[] = []
  const limiter = openLimits({ pool: db.database.pool, now })
  const rows = recorder(homeTenant)
  const vault = openVault({ database: db.database, secretKeyBase: 'k'.repeat(48) })
  const factorOptions: FactorOptions = {
    ...{ database: db.database, tenant: homeTenant, instance: 'castle', url: origin, vault, raise, now },
    limits: limiter,
    record: (handle, tenant, { kind, ...facts }) =>
      rows.factor(handle, tenant, `identity.${kind}`, facts, 'owner'),
    checkPassword: (who, given, address) => identity.checkPasswordOf(who, { password: given, address }),
  }
  const factors = makeFactors(factorOptions)
  const identityOptions: IdentityOptions = {
    ...{
      database: db.database,
      tenant: homeTenant,
      instance: 'castle',
      passwordFile: '.env.secrets',
      limiter,
      now,
    },
    adminPassword: () => adminPassword,
    localToken: randomBytes(32).toString('base64url'),
    url: origin,
    limits: () => ({ ...defaultLimits, authBurst: 1e9 }),
    secondStep: factors.secondStep,
    bearers: options.bearers ?? [],
    async record(handle, tenant, event, by) {
      await rows.identity(handle, tenant, event, by)
      recorded.push(event)
    },
  }
  const identity: IdentityService = makeIdentity(identityOptions)
  const mailbox: Mailbox | undefined = options.mail === true ? await openMailbox() : undefined
  const sendMail =
    mailbox === undefined
      ? undefined
      : openMail({ url: `smtp://127.0.0.1:${mailbox.port}`, from: 'Castellan <castellan@example.org>' })
  const undelivered: unknown[] = []
  const onUndelivered = (error: unknown) => void undelivered.push(error)
  const post = makePost(sendMail, onUndelivered)
  const people: PeopleOptions = {
    ...{ database: db.database, home: homeTenant, instance: 'castle', url: origin, limiter, identity, now },
    ...{ sendMail, onUndelivered, endAccess: [], forgetProofs: factors.forgetProofs },
    checkSecond: (who, given) => factors.checkAtLink(who, given),
    async requireFresh() {
      if (options.fresh?.() === false) throw new CastellanError('factor_needed', 'Show again that it is you.')
    },
    async record(handle, tenant, event, by) {
      await rows.people(handle, tenant, event, by)
      recorded.push(event)
    },
    ...options.people,
  }
  // A room of the agent, which has no row in the table.
  const rooms = new Hono<AppEnv>()
    .get('/settings', (c) => c.json({ secret: 'the owner’s things' }))
    .get('/whoami', (c) => c.json({ ...c.get('identity'), address: c.get('address') }))
  const app = createApp({
    identify: identity.identify,
    hosts: options.hosts ?? { port: 7777, tls: false, public: [] },
    routes: {
      api: [
        rooms,
        sessionRoutes(identity, identityOptions),
        peopleRoutes(people, post),
        accountRoutes(people, post),
        factorAccountRoutes(factorOptions),
      ],
      auth: [
        authRoutes(identity, identityOptions),
        linkRoutes(people, post, identityOptions),
        factorAuthRoutes(factorOptions, identity, identityOptions),
      ],
    },
    ready: () => true,
    trustedProxies: options.trustedProxies ?? [],
    log: { info: () => {}, warn: () => {}, error: (facts) => void faults.push(facts) },
  })
  const faults: object[] = []

  const house = {
    ...{ db, app, identity, recorded, post, undelivered, faults, identityOptions, people },
    get mailbox(): Mailbox {
      if (mailbox === undefined) throw new TypeError('this house sends no mail')
      return mailbox
    },
    advance(ms: number) {
      offset += ms
    },
    /** Asks with JSON as from `peer` (127.0.0.1); POST when there is a body. */
    async ask(path: string, body?: unknown, sent: Sent = {}): Promise<Response> {
      const { cookie, peer = '127.0.0.1', method = body === undefined ? 'GET' : 'POST', headers } = sent
      const url = path.startsWith('http') ? path : origin + path
      const init = {
        method,
        headers: {
          origin,
          ...(cookie === undefined ? {} : { cookie }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }
      return app.request(url, init, { incoming: { socket: { remoteAddress: peer } } })
    },
    /** Signs somebody in and gives back the Cookie header; without an address the owner of the house. */
    async signIn(given: { email?: string; password?: string } = {}): Promise<string> {
      const answer = await house.ask('/auth/login', { password: adminPassword, ...given })
      if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}: ${await answer.text()}`)
      return cookieOf(answer)
    },
    /** The token of a new invitation. */
    async invite(cookie: string, wanted: object = {}): Promise<string> {
      const answer = await house.ask(
        '/api/invitations',
        { role: 'member', name: 'Mia', ...wanted },
        { cookie },
      )
      if (answer.status !== 201) throw new Error(`inviting answered ${answer.status}: ${await answer.text()}`)
      return fragment(MadeInvitation.parse(await answer.json()).link?.url ?? null)
    },
    /** Accepts an invitation; gives back the Cookie header of the new person. */
    async accept(token: string, given: object = {}): Promise<string> {
      const who = { token, name: 'Mia', email: 'mia@example.com', password: goodPassword, ...given }
      const answer = await house.ask('/auth/invitations/accept', who)
      if (answer.status !== 200)
        throw new Error(`accepting answered ${answer.status}: ${await answer.text()}`)
      return cookieOf(answer)
    },
    /** Somebody new of the owner's tenant: their Cookie header and id. */
    async join(owner: string, given: { role?: string; name?: string; email?: string } = {}) {
      const { role = 'member', ...rest } = given
      const cookie = await house.accept(await house.invite(owner, { role }), rest)
      const { id } = await read(Account, house.ask('/api/account', undefined, { cookie }))
      return { cookie, id }
    },
    /** The owner of another tenant, signed in. */
    async settle(owner: string, name: string, email: string): Promise<string> {
      const answer = await house.ask('/api/tenants', { name }, { cookie: owner })
      const { link } = MadeTenant.parse(await answer.json())
      return house.accept(fragment(link.url), { name: `Owner of ${name}`, email })
    },
    async close() {
      post.stop()
      await post.settled()
      await mailbox?.close()
      await db.close()
    },
  }
  return house
}

/** The token of a link. */
export const fragment = (url: string | null): string => url?.split('#')[1] ?? ''

/** A JSON answer as what its contract says; throws where it is something else. */
export const read = async <T>(schema: z.ZodType<T>, answer: Response | Promise<Response>): Promise<T> =>
  schema.parse(await (await answer).json())

/** Status and error code of an answer, e.g. `410 link_spent`. */
export async function refusalOf(answer: Response | Promise<Response>): Promise<string> {
  const { status } = await answer
  return `${status} ${(await read(ErrorBody, answer)).error.code}`
}
