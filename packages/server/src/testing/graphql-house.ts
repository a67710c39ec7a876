/**
 * A house with GraphQL for tests: the real guards, listener, worker process and PostgreSQL, tables of two tenants made by
 * plain SQL, and bearers named after the people they stand for. The clock of nothing is moved.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scope } from '@castellan/contracts'
import { Hono } from 'hono'
import pg from 'pg'
import { startGraphqlWorker } from '../adapters/graphql-worker.ts'
import { homeTenant, type PersonId, type Tenant } from '../database/index.ts'
import {
  graphqlRoutes,
  internalGraphqlRoutes,
  type KeeperOptions,
  type Limits,
  makeKeeper,
  openCatalog,
  readyTarget,
} from '../graphql/index.ts'
import { type AppEnv, createApp, type Identity, listen } from '../http/index.ts'
import { internalGuard, pairKey } from '../internal/index.ts'
import { type TestDatabase, testDatabase } from './database.ts'

/** The two tenants and who lives there. */
export const otherTenant = '00000000-0000-4000-8000-0000000000b1' as Tenant
export const people = {
  owner: '00000000-0000-4000-8000-000000000002',
  member: '00000000-0000-4000-8000-0000000000a2',
  viewer: '00000000-0000-4000-8000-0000000000a3',
  stranger: '00000000-0000-4000-8000-0000000000b2',
} as const

const tables = `
create or replace function app.claim(name text) returns text language sql stable
  as $$ select nullif(current_setting('jwt.claims.' || name, true), '') $$;
revoke execute on all functions in schema app from public;
create table app.people (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null default app.claim('tenant_id')::uuid,
  name text not null, diary text
);
create table app.notes (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null default app.claim('tenant_id')::uuid,
  author_id uuid references app.people, owner_id uuid default app.claim('user_id')::uuid,
  title text not null check (title <> 'forbidden-word'), body text, stars int not null default 0,
  secret_code text default 'hush', at timestamptz not null default now(), tags text[], meta jsonb,
  unique (tenant_id, title)
);
create index on app.notes (author_id);
create table app.vaulted (id int primary key, combination text);
create policy tenants on app.notes using (tenant_id = app.claim('tenant_id')::uuid) with check (tenant_id = app.claim('tenant_id')::uuid);
create policy tenants on app.people using (tenant_id = app.claim('tenant_id')::uuid) with check (tenant_id = app.claim('tenant_id')::uuid);
grant usage on schema app to app_owner, app_member, app_viewer, app_anonymous;
grant execute on function app.claim(text) to app_owner, app_member, app_viewer, app_anonymous;
grant all on app.notes, app.people, app.vaulted to app_owner;
grant select (id, author_id, owner_id, title, body, stars, at, tags, meta),
  insert (id, author_id, title, body, stars, tags, meta), update (author_id, title, body, stars, tags, meta), delete on app.notes to app_member;
grant select (id, name) on app.people to app_member;
grant select (id, title) on app.notes to app_viewer;
insert into app.people (id, tenant_id, name, diary) values
  ('${people.member}', '${homeTenant}', 'Ada', 'Dear diary'), ('${people.stranger}', '${otherTenant}', 'Eve', 'Plans');
insert into app.notes (tenant_id, author_id, title, body, stars)
  select '${homeTenant}', '${people.member}', 'note ' || lpad(n::text, 3, '0'), 'body ' || n, n from generate_series(1, 30) n;
insert into app.notes (tenant_id, author_id, title, body, stars)
  select '${otherTenant}', '${people.stranger}', 'theirs ' || n, 'foreign body', n from generate_series(1, 5) n;
insert into app.vaulted values (1, '12-34-56');
alter table app.notes enable row level security; alter table app.notes force row level security;
alter table app.people enable row level security; alter table app.people force row level security;
`

export interface GraphqlAnswer {
  readonly status: number
  readonly type: string | null
  readonly data: Readonly<Record<string, unknown>> | null | undefined
  readonly errors: readonly {
    readonly message: string
    readonly path?: readonly (string | number)[]
    readonly extensions: { readonly code: string }
  }[]
  readonly text: string
}

export interface GraphqlHouseOptions {
  readonly limits?: Partial<Limits>
  readonly keeper?: Partial<KeeperOptions>
  readonly persisted?: boolean
  readonly statementTimeoutMs?: number
}

export type GraphqlHouse = Awaited<ReturnType<typeof openGraphqlHouse>>

/** Opens it on a database of its own; the worker is started by the first question. */
export async function openGraphqlHouse(options: GraphqlHouseOptions = {}) {
  const db: TestDatabase = await testDatabase()
  await runAs(db.dataUrl, tables)
  const home = await mkdtemp(join(tmpdir(), 'castellan-graphql-'))
  await chmod(home, 0o700)
  const operations = join(home, 'operations')
  await mkdir(operations)
  const listener = await listen({ host: 'localhost', port: 0 })
  const root = randomBytes(32)
  const keys = { calls: pairKey(root, 'server', 'graphql'), answers: pairKey(root, 'graphql', 'server') }
  const said: string[] = []
  const started: string[] = []
  const keeper = makeKeeper({
    start: startGraphqlWorker,
    config() {
      const socket = join(home, `graphql-${randomBytes(4).toString('hex')}.sock`)
      started.push(socket)
      return {
        apiUrl: db.apiUrl,
        socket,
        server: { url: listener.url, certificate: null },
        statementTimeoutMs: options.statementTimeoutMs ?? 5_000,
        connections: 4,
        operations: { directory: operations, required: options.persisted ?? false },
      }
    },
    ...{ keys, idleMs: 600_000, now: Date.now, say: (line: string) => said.push(line) },
    ...options.keeper,
  })
  const catalog = openCatalog(db.database.pool, Date.now)
  const limits = { depth: 12, cost: 50_000, ...options.limits }
  const identify = async ({ authorization }: { authorization: string | undefined }) => whoIs(authorization)
  const internal = new Hono<AppEnv>().use(
    internalGuard({
      ...{ callee: 'server', keys: { graphql: keys.answers }, now: Date.now },
      routes: { [`POST ${readyTarget}`]: ['graphql'] },
    }),
  )
  const app = createApp({
    identify,
    hosts: { port: listener.port, tls: false, public: [] },
    routes: {
      ...{
        api: [],
        auth: [],
        graphql: graphqlRoutes({ keeper, data: catalog, limits: () => limits, identify }),
      },
      internal: internal.route('/', internalGraphqlRoutes(keeper)),
    },
    ready: () => true,
    log: { info: () => {}, warn: (facts) => said.push(JSON.stringify(facts)), error: () => {} },
  })
  listener.serve(app.fetch)
  const house = {
    ...{ db, home, operations, url: listener.url, keys, keeper, catalog, limits, said, started },
    /** Sends exactly this. */
    raw: (init: RequestInit, path = '/graphql') =>
      fetch(listener.url + path, { redirect: 'manual', ...init }),
    /** Asks as somebody; without a name as nobody. */
    async ask(
      who: string | null,
      body: object | string,
      headers: Record<string, string> = {},
    ): Promise<GraphqlAnswer> {
      const answer = await house.raw({
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(who === null ? {} : { authorization: `Bearer ${who}` }),
          ...headers,
        },
        body: typeof body === 'string' ? JSON.stringify({ query: body }) : JSON.stringify(body),
      })
      const text = await answer.text()
      const { data, errors = [] } = JSON.parse(text)
      return { status: answer.status, type: answer.headers.get('content-type'), data, errors, text }
    },
    /** Runs SQL as the owner of the tables. */
    sql: (text: string) => runAs(db.dataUrl, text),
    async close() {
      await keeper.stop()
      await listener.stop(0)
      await db.close()
      await rm(home, { recursive: true, force: true })
    },
  }
  return house
}

async function runAs(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}

/** `owner`, `member`, `viewer`, `stranger` (a member elsewhere), and behind a colon the scopes of a token. */
function whoIs(authorization: string | undefined): Identity | undefined {
  const found = /^Bearer (owner|member|viewer|stranger)(?::([a-z,]*))?$/.exec(authorization ?? '')
  if (found === null) return undefined
  const name = found[1] as keyof typeof people
  const role = name === 'stranger' ? 'member' : name
  const scopes = found[2] === undefined ? null : (found[2].split(',') as Scope[])
  return {
    tenant: name === 'stranger' ? otherTenant : homeTenant,
    person: people[name] as PersonId,
    role,
    principal: role === 'owner' ? 'owner' : `member:${people[name]}`,
    via: scopes === null ? 'session' : 'personal-token',
    scopes,
  }
}
