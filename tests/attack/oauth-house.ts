/** A house with sign-in by providers, for tests: real guards, identity, vault and PostgreSQL; a browser that keeps cookies. */
import { randomBytes, randomUUID } from 'node:crypto'
import { signInFetch } from '../../packages/server/src/adapters/egress/index.ts'
import { raise } from '../../packages/server/src/alerts/index.ts'
import { homeOwner, homeTenant, type PersonId } from '../../packages/server/src/database/index.ts'
import {
  type FactorOptions,
  factorAccountRoutes,
  factorAuthRoutes,
  makeFactors,
} from '../../packages/server/src/factors/index.ts'
import { createApp, type Hosts } from '../../packages/server/src/http/index.ts'
import {
  authRoutes,
  defaultLimits,
  type IdentityOptions,
  type IdentityService,
  makeIdentity,
  sessionRoutes,
} from '../../packages/server/src/identity/index.ts'
import { openLimits } from '../../packages/server/src/limits/index.ts'
import { providersOptions } from '../../packages/server/src/outside-accounts.ts'
import {
  connectionRoutes,
  type ProviderRow,
  providerAuthRoutes,
  providerRoutes,
} from '../../packages/server/src/providers/index.ts'
import { recorder } from '../../packages/server/src/record.ts'
import { testDatabase } from '../../packages/server/src/testing/database.ts'
import { openVault } from '../../packages/server/src/vault/index.ts'

export const origin = 'http://localhost:7777'
export const password = 'correct horse battery staple'

export interface HouseOptions {
  readonly rows?: readonly ProviderRow[]
  readonly hosts?: Hosts
  readonly deadlineMs?: number
  /** Stands for FACTORS: rejects when the session is not fresh. */
  readonly requireFresh?: () => Promise<void>
}

export type OauthHouse = Awaited<ReturnType<typeof openOauthHouse>>

/** Opens it on a database of its own. */
export async function openOauthHouse(options: HouseOptions = {}) {
  const db = await testDatabase()
  const { database } = db
  const logged: object[] = []
  let offset = 0
  const now = () => Date.now() + offset
  const vault = openVault({ database, secretKeyBase: 'k'.repeat(48) })
  const limits = openLimits({ pool: database.pool, now })
  const factorOptions: FactorOptions = {
    ...{ database, tenant: homeTenant, instance: 'home', url: origin, vault, limits, raise, now },
    record: async () => {},
    checkPassword: (who, given, address) => identity.checkPasswordOf(who, { password: given, address }),
  }
  const factors = makeFactors(factorOptions)
  const identityOptions: IdentityOptions = {
    ...{ database, tenant: homeTenant, instance: 'home', passwordFile: '.env.secrets', url: origin, now },
    adminPassword: () => password,
    localToken: randomBytes(32).toString('base64url'),
    limits: () => ({ ...defaultLimits, authBurst: 1e9 }),
    limiter: limits,
    record: recorder(homeTenant).identity,
    secondStep: factors.secondStep,
  }
  const identity: IdentityService = makeIdentity(identityOptions)
  const hosts = options.hosts ?? { port: 7777, tls: false, public: ['https://castle.example'] }
  const origins = [origin, ...hosts.public]
  const { deadlineMs } = options
  const providers = {
    ...providersOptions({ database, vault }, identity, identityOptions, origins),
    fetchFor: (home: string) => signInFetch(home, deadlineMs === undefined ? {} : { deadlineMs }),
    ...(options.rows === undefined ? {} : { rows: options.rows }),
  }
  const log = {
    info: () => {},
    warn: (facts: object) => void logged.push(facts),
    error: (facts: object) => void logged.push(facts),
  }
  const requireFresh = options.requireFresh ?? (async () => {})
  const doors = { identify: identity.identify, requireFresh, log }
  const app = createApp({
    identify: identity.identify,
    hosts,
    routes: {
      auth: [
        authRoutes(identity, identityOptions),
        providerAuthRoutes(providers, doors),
        factorAuthRoutes(factorOptions, identity, identityOptions),
      ],
      api: [
        sessionRoutes(identity, identityOptions),
        connectionRoutes(providers, doors),
        factorAccountRoutes(factorOptions),
        providerRoutes(providers, doors),
      ],
    },
    pages: () => new Response('a page'),
    ready: () => true,
    log,
  })
  return {
    ...{ db, app, identity, providers, logged, vault, now },
    advance(ms: number) {
      offset += ms
    },
    browser: (at = origin) => new Browser(app, at),
    /** A person of the home tenant. */
    async person(given: {
      email?: string
      verified?: boolean
      role?: 'member' | 'viewer'
      password?: string
    }) {
      const id = randomUUID() as PersonId
      const { email = null, verified = false, role = 'member' } = given
      const values = {
        id,
        tenant_id: homeTenant,
        role,
        name: 'Mia',
        email,
        email_key: email?.toLowerCase() ?? null,
      }
      await database
        .as(homeTenant)
        .insertInto('castellan.people')
        .values({
          ...values,
          email_verified_at: verified ? new Date() : null,
          ...(given.password === undefined ? {} : { password: given.password }),
        })
        .execute()
      return id
    },
    /** Connects an account to a person, as if they had done so before. */
    async connected(person: PersonId, account: { issuer: string; subject: string; provider: string }) {
      await database
        .as(homeTenant)
        .insertInto('castellan.provider_accounts')
        .values({
          id: randomUUID(),
          tenant_id: homeTenant,
          person_id: person,
          label: 'an account',
          ...account,
        })
        .execute()
    },
    /** Skills of the ledger's rows, oldest first. */
    async ledger(): Promise<string[]> {
      const rows = await database
        .as(homeTenant)
        .selectFrom('castellan.ledger')
        .select('skill')
        .orderBy('seq')
        .execute()
      return rows.map(({ skill }) => skill)
    },
    owner: homeOwner,
    close: () => db.close(),
  }
}

interface App {
  request(url: string, init?: RequestInit, env?: object): Response | Promise<Response>
}

/** What a browser does: keeps cookies by host, sends them, follows nothing by itself. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #app: App
  readonly #origin: string

  constructor(app: App, at: string) {
    this.#app = app
    this.#origin = at
  }

  async send(target: string, init: RequestInit = {}): Promise<Response> {
    const url = target.startsWith('http') ? target : this.#origin + target
    const headers = new Headers(init.headers)
    if (this.cookies.size > 0 && !headers.has('cookie'))
      headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const answer = await this.#app.request(
      url,
      { ...init, headers },
      { incoming: { socket: { remoteAddress: '127.0.0.1' } } },
    )
    for (const header of answer.headers.getSetCookie()) {
      const [pair = '', ...attributes] = header.split(';')
      const at = pair.indexOf('=')
      if (attributes.some((each) => each.trim() === 'Max-Age=0')) this.cookies.delete(pair.slice(0, at))
      else this.cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return answer
  }

  post(target: string, body: unknown, method = 'POST'): Promise<Response> {
    const headers = { origin: this.#origin, 'content-type': 'application/json' }
    return this.send(target, { method, headers, body: JSON.stringify(body) })
  }

  async signIn(): Promise<void> {
    const answer = await this.post('/auth/login', { password })
    if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}`)
  }

  /** Whose session it holds; undefined for nobody's. */
  async me(): Promise<string | undefined> {
    const answer = await this.send('/auth/state')
    return ((await answer.json()) as { you: { id: string } | null }).you?.id
  }
}

/** Where an answer sends the browser. */
export function location(answer: Response): string {
  return answer.headers.get('location') ?? `no redirect but ${answer.status}`
}
