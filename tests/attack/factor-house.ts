/** A small house for attacks on proofs: real guards, identity, factors, vault, questions and PostgreSQL, and a clock to move. */
import { randomBytes, randomUUID } from 'node:crypto'
import { FactorsView, PasskeyOptions } from '@castellan/contracts'
import { raise } from '../../packages/server/src/alerts/index.ts'
import { homeOwner, type PersonId, type Tenant } from '../../packages/server/src/database/index.ts'
import {
  type FactorEvent,
  type FactorOptions,
  factorAccountRoutes,
  factorAuthRoutes,
  makeFactors,
} from '../../packages/server/src/factors/index.ts'
import { codeAt } from '../../packages/server/src/factors/totp.ts'
import { createApp } from '../../packages/server/src/http/index.ts'
import {
  authRoutes,
  defaultLimits,
  type IdentityService,
  makeIdentity,
  sessionRoutes,
} from '../../packages/server/src/identity/index.ts'
import { openLimits } from '../../packages/server/src/limits/index.ts'
import { createQuestions, questionRoutes, saveQuestion } from '../../packages/server/src/questions/index.ts'
import { testDatabase } from '../../packages/server/src/testing/database.ts'
import { openVault, secretRoutes } from '../../packages/server/src/vault/index.ts'
import { type FakePasskey, fakePasskey } from '../fakes/authenticator.ts'

export const origin = 'http://localhost:7777'
export const elsewhere = 'https://castle.example'
export const password = 'correct horse battery staple'
export const minute = 60_000

export type FactorHouse = Awaited<ReturnType<typeof openFactorHouse>>

/** Opens the house on a database of its own. */
export async function openFactorHouse() {
  const db = await testDatabase({ poolSize: 12 })
  const { database, tenant } = db
  const recorded: FactorEvent[] = []
  const logged: object[] = []
  const localToken = randomBytes(32).toString('base64url')
  let offset = 0
  const now = () => Date.now() + offset
  const resetter = db.superuser()
  const vault = openVault({ database, secretKeyBase: 'k'.repeat(48) })

  /** A process of the house; another one shares nothing with it but the database. */
  function startProcess() {
    const limits = openLimits({ pool: database.pool, now })
    const factorOptions: FactorOptions = {
      ...{ database, tenant, instance: 'home', url: origin, vault, limits, raise, now },
      record: async (_handle, _tenant, event) => void recorded.push(event),
      checkPassword: (who, given, address) => identity.checkPasswordOf(who, { password: given, address }),
    }
    const factors = makeFactors(factorOptions)
    const options = {
      ...{ database, tenant, instance: 'home', passwordFile: '.env.secrets', localToken, url: origin, now },
      adminPassword: () => password,
      limits: () => ({ ...defaultLimits, authBurst: 1e9 }),
      limiter: limits,
      secondStep: factors.secondStep,
      record: async () => {},
    }
    const identity: IdentityService = makeIdentity(options)
    const questions = createQuestions({ database, publish: () => {}, wake: async () => {} })
    const app = createApp({
      identify: identity.identify,
      hosts: { port: 7777, tls: false, public: [elsewhere] },
      routes: {
        api: [
          factorAccountRoutes(factorOptions),
          questionRoutes(questions, factors),
          sessionRoutes(identity, options),
          secretRoutes(vault),
        ],
        auth: [authRoutes(identity, options), factorAuthRoutes(factorOptions, identity, options)],
      },
      ready: () => true,
      log: { info: () => {}, warn: (facts) => logged.push(facts), error: (facts) => logged.push(facts) },
    })
    return { app, identity, factors }
  }
  const running = { ...startProcess() }

  const house = {
    ...{ db, recorded, logged, localToken, now, running },
    advance(ms: number) {
      offset += ms
    },
    restart() {
      Object.assign(running, startProcess())
    },
    browser: (at = origin) => new Browser(() => running.app, at),
    /** Another person of the house, with a session as after signing in. */
    async member(name: string): Promise<Browser> {
      const person = randomUUID() as PersonId
      const handle = database.as(tenant)
      await handle
        .insertInto('castellan.people')
        .values({ id: person, tenant_id: tenant, role: 'member', name, password: 'none' })
        .execute()
      return house.signedIn({ tenant, person })
    },
    /** Somebody of any tenant with a session as after signing in. */
    async signedIn(who: { tenant: Tenant; person: PersonId }): Promise<Browser> {
      const arrival = { address: '127.0.0.1', userAgent: '', replaces: undefined }
      const session = await database
        .as(who.tenant)
        .transaction()
        .execute((transaction) => running.identity.sessions.begin(transaction, 'password', who, arrival))
      return new Browser(() => running.app, origin, `castellan_home=${session.token}`)
    },
    /** An open question that needs a factor. */
    async question(factor: 'click' | 'password' | 'totp' | 'passkey'): Promise<string> {
      const id = randomUUID()
      await saveQuestion(tenant, database.as(tenant), {
        ...{
          kind: 'call' as const,
          id,
          run: randomUUID(),
          conversation: null,
          step: 'act.1',
          skill: 'test.send',
        },
        ...{ effect: 'send', principal: ['owner'], args: {}, arguments: [], leaves: null, places: [] },
        ...{ fresh: { skill: false, targets: [] }, endorsable: null, call: 'c', sentence: 's', why: 'w' },
        ...{
          rules: [],
          factor,
          nonce: randomUUID(),
          binding: randomBytes(32).toString('hex'),
          openMs: 3_600_000,
        },
      })
      return id
    },
    async alerts(person: PersonId = homeOwner): Promise<string[]> {
      const rows = await database
        .as(tenant)
        .selectFrom('castellan.alerts')
        .select(['kind', 'person_id'])
        .execute()
      return rows.filter((row) => row.person_id === person).map(({ kind }) => kind)
    },
    /** The vault's names of the secrets of one-time codes. */
    async secretNames(): Promise<string[]> {
      const names = await vault.list(tenant)
      return names.map(({ name }) => name).filter((name) => name.startsWith('totp/'))
    },
    /** Holds a table's rows until so many wait for them, changes something, and lets them go: what comes of `work` then. */
    async whileWaiting<T>(
      { table, waiters, change }: { table: string; waiters: number; change?: string },
      work: () => Promise<T>,
    ): Promise<T> {
      const superuser = await resetter
      await superuser.query('begin')
      await superuser.query(`select from castellan.${table} for update`)
      let isOver = false
      const result = work().finally(() => {
        isOver = true
      })
      const waiting = async () => {
        await superuser.query('select pg_stat_clear_snapshot()')
        const { rows } = await superuser.query(
          "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        return rows[0].n
      }
      while (!isOver && (await waiting()) < waiters);
      const hasWaited = !isOver
      if (change !== undefined) await superuser.query(change)
      await superuser.query('commit')
      await result
      if (!hasWaited) throw new Error(`nobody waited for ${table}`)
      return result
    },
    /** What the ledger keeps of the newest yes. */
    async lastApproval(): Promise<unknown> {
      const superuser = await resetter
      const { rows } = await superuser.query(
        "select b.body from castellan.ledger l join castellan.ledger_bodies b using (tenant_id, seq) where l.kind = 'approval' order by l.seq desc limit 1",
      )
      return rows[0]?.body
    },
    /** Every row of every table that factors write, and the ledger. */
    async everything(): Promise<unknown[]> {
      const superuser = await resetter
      const tables = [
        'factors',
        'recovery_codes',
        'half_signins',
        'secrets',
        'alerts',
        'ledger',
        'ledger_bodies',
      ]
      const rows: unknown[] = []
      for (const table of tables)
        rows.push((await superuser.query(`select to_jsonb(t) from castellan.${table} t`)).rows)
      return rows
    },
    async disable(name: string) {
      const people = database.as(tenant).updateTable('castellan.people').set({ disabled_at: new Date() })
      await people.where('name', '=', name).execute()
    },
    /** Everybody but the owner is gone, and nobody has enrolled or done anything. */
    async reset() {
      const superuser = await resetter
      await superuser.query('delete from castellan.people where role <> $1', ['owner'])
      for (const table of [
        'factors',
        'passkeys',
        'recovery_codes',
        'challenges',
        'half_signins',
        'sessions',
        'alerts',
      ])
        await superuser.query(`delete from castellan.${table}`)
      offset += 3_600_000
      recorded.length = 0
    },
    close: () => db.close(),
  }
  return house
}

type App = { request: (url: string, init: RequestInit, env: object) => Response | Promise<Response> }

/** What a browser holds: its cookies, and the way to the house. */
export class Browser {
  readonly #cookies = new Map<string, string>()
  readonly #app: () => App
  readonly #at: string

  constructor(app: () => App, at: string, cookie?: string) {
    this.#app = app
    this.#at = at
    if (cookie !== undefined) this.#keep(cookie)
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** The same cookies in another's hands. */
  copy(): Browser {
    const other = new Browser(this.#app, this.#at)
    for (const [name, value] of this.#cookies) other.#cookies.set(name, value)
    return other
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const answer = await this.#app().request(
      this.#at + path,
      {
        method,
        headers: { origin: this.#at, cookie: this.cookie, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      { incoming: { socket: { remoteAddress: '127.0.0.1' } } },
    )
    for (const each of answer.headers.getSetCookie()) this.#keep(each)
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) }
  }

  post = (path: string, body: unknown = {}) => this.send('POST', path, body)

  /** Sends and gives back the answer's body; throws for a refusal. */
  async done(method: string, path: string, body?: unknown) {
    const answer = await this.send(method, path, body)
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  /** The code of a refusal, or the status of what was carried out. */
  async code(method: string, path: string, body?: unknown): Promise<string | number> {
    const { status, body: answer } = await this.send(method, path, body)
    return status < 300 ? status : answer.error.code
  }

  signIn = () => this.post('/auth/login', { password })
  factors = async (): Promise<FactorsView> =>
    FactorsView.parse(await this.done('GET', '/api/account/factors'))
  options = async (path: string): Promise<PasskeyOptions> =>
    PasskeyOptions.parse(await this.done('POST', path, {}))

  /** Registers a passkey; the session has to be fresh. */
  async register(name = 'key'): Promise<FakePasskey & { view: { id: string } }> {
    const key = fakePasskey(this.#at)
    const response = key.create(await this.options('/api/account/passkeys/options'))
    return { ...key, view: await this.done('POST', '/api/account/passkeys', { name, response }) }
  }

  /** Enrols one-time codes; gives back the secret and the recovery codes. */
  async enrol(now: number): Promise<{ secret: string; codes: string[] }> {
    const { secret } = await this.done('POST', '/api/account/totp', {})
    const { codes } = await this.done('POST', '/api/account/totp/confirm', { code: codeAt(secret, now) })
    return { secret, codes }
  }

  #keep(setCookie: string): void {
    const [pair = ''] = setCookie.split(';')
    const at = pair.indexOf('=')
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
    if (value === '') this.#cookies.delete(name)
    else this.#cookies.set(name, value)
  }
}

/** A tenant beside the home's, with an owner. */
export async function neighbour(house: FactorHouse): Promise<{ tenant: Tenant; person: PersonId }> {
  const tenant = randomUUID() as Tenant
  const person = randomUUID() as PersonId
  const superuser = await house.db.superuser()
  await superuser.query('insert into castellan.tenants (id, name) values ($1, $2)', [tenant, 'next door'])
  await superuser.query(
    "insert into castellan.people (id, tenant_id, role, name, password) values ($1, $2, 'owner', 'Bo', 'none')",
    [person, tenant],
  )
  return { tenant, person }
}
