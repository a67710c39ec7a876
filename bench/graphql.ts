/** A list of ten rows under row level security through /graphql, beside plain PostGraphile and beside the SQL by hand. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createInstance, findServer } from '@castellan/server/instance'
import pg from 'pg'
import { readPostmaster } from '../packages/server/src/adapters/postgres/postmaster.ts'
import { homeTenant } from '../packages/server/src/database/index.ts'
import { startChild } from './child.ts'
import { repository, scratch, up } from './house.ts'
import { cpuSeconds, memory, tree } from './machine.ts'
import { type Figure, median } from './report.ts'

const connections = 20
const seconds = 5
const rounds = 3
/** The version that the research measured. */
const floorVersion = '5.1.5'

const tables = `
create table app.bench_notes (
  id bigint primary key, tenant_id uuid not null, title text not null, stars int not null
);
create index on app.bench_notes (tenant_id, id);
insert into app.bench_notes
  select n, ('00000000-0000-4000-8000-' || lpad(((n % 10) + 1)::text, 12, '0'))::uuid, 'note ' || n, n % 5
  from generate_series(1, 10000) n;
analyze app.bench_notes;
alter table app.bench_notes enable row level security;
alter table app.bench_notes force row level security;
create policy tenants on app.bench_notes
  using (tenant_id = (select nullif(current_setting('jwt.claims.tenant_id', true), '')::uuid));
grant usage on schema app to app_owner;
grant select on app.bench_notes to app_owner;
`

interface Measured {
  readonly rate: number
  readonly p50: number
  readonly p99: number
  /** Processor milliseconds of all that served one request: server and worker or the floor, and PostgreSQL. */
  readonly cpu: number
}

/** Requests a second and p99 with twenty clients. */
export async function graphqlRows(): Promise<Figure[]> {
  const modules = await floorModules()
  const home = await scratch()
  const directory = join(home, 'home')
  await createInstance(directory)
  const running = await up(directory)
  try {
    const { url, token, pid } = await findServer(directory)
    const [apiUrl, dataUrl] = await Promise.all([roleUrl(directory, 'API'), roleUrl(directory, 'DATA')])
    await run(dataUrl, tables)
    const settings = {
      ...{ role: 'app_owner', 'jwt.claims.role': 'owner', 'jwt.claims.tenant_id': homeTenant },
      'jwt.claims.user_id': '00000000-0000-4000-8000-000000000002',
    }
    const floor = (kind: 'postgraphile' | 'sql') =>
      startChild('graphql-floor.ts', { apiUrl, modules, kind, settings })
    const [plain, byHand] = [await floor('postgraphile'), await floor('sql')]
    const [cookie, access] = [await signIn(url, directory), await mintAccess(url, token)]
    const ours = {
      url,
      path: '/graphql',
      body: body('{ benchNotes(first: 10) { nodes { id title stars } } }'),
    }
    const theirs = body('{ allBenchNotes(first: 10) { nodes { rowId title stars } } }')
    const runs = {
      session: { ...ours, headers: { cookie, origin: url } },
      token: { ...ours, headers: { authorization: `Bearer ${access}` } },
      plain: { url: plain.url, path: '/graphql', body: theirs, headers: { accept: 'application/json' } },
      sql: { url: byHand.url, path: '/sql', body: '{}', headers: {} },
    }
    const found: Record<keyof typeof runs, Measured[]> = { session: [], token: [], plain: [], sql: [] }
    // In turns, so that a busy minute of the machine hits all of them.
    const floorOf = (child: number) => () => [child, ...tree(pid).filter(isPostgres)]
    const ourselves = () => tree(pid)
    const serving = {
      ...{ session: ourselves, token: ourselves },
      ...{ plain: floorOf(plain.pid), sql: floorOf(byHand.pid) },
    }
    for (let n = 0; n < rounds; n++) {
      for (const name of ['session', 'token', 'plain', 'sql'] as const)
        found[name].push(await measure(runs[name], serving[name]))
    }
    const figures = [...rowsOf(found), memoryOf(tree(pid).filter(isWorker), plain.pid)]
    await Promise.all([plain.stop(), byHand.stop()])
    return figures
  } finally {
    await running.stop()
    await rm(home, { recursive: true, force: true })
  }
}

function rowsOf(found: Readonly<Record<'session' | 'token' | 'plain' | 'sql', Measured[]>>): Figure[] {
  const of = (name: keyof typeof found, what: keyof Measured) => median(found[name].map((each) => each[what]))
  const list = '10 rows under row level security, 20 clients'
  const plain = { what: `plain PostGraphile ${floorVersion}, nobody identified`, value: of('plain', 'rate') }
  const rates = found.session.map(({ rate }) => rate.toFixed(0)).join(', ')
  return [
    {
      ...{ name: `GraphQL/s, ${list}, by session`, value: of('session', 'rate'), unit: '/s' },
      ...{ floor: plain, bar: plain.value * 0.9, note: `rounds ${rates}` },
    },
    {
      ...{ name: 'the same by access token', value: of('token', 'rate'), unit: '/s' },
      ...{ floor: plain, bar: plain.value * 0.9 },
    },
    {
      ...{ name: 'the same beside SQL', value: of('session', 'rate'), unit: '/s' },
      floor: { what: 'node:http and pg, the same rows by hand', value: of('sql', 'rate') },
    },
    ...(['session', 'token'] as const).map((by) => ({
      ...{ name: `GraphQL, processor time of one, by ${by}`, value: of(by, 'cpu'), unit: 'ms' as const },
      floor: { what: `plain PostGraphile ${floorVersion}, PostgreSQL included`, value: of('plain', 'cpu') },
    })),
    {
      ...{ name: 'GraphQL p99', value: of('session', 'p99'), unit: 'ms' },
      floor: { what: `plain PostGraphile ${floorVersion}`, value: of('plain', 'p99') },
    },
    {
      ...{ name: 'GraphQL p50', value: of('session', 'p50'), unit: 'ms' },
      floor: { what: `plain PostGraphile ${floorVersion}`, value: of('plain', 'p50') },
    },
  ]
}

function memoryOf(worker: readonly number[], plain: number): Figure {
  return {
    ...{ name: 'memory of the GraphQL worker after that', value: memory(worker), unit: 'MB' },
    floor: { what: `plain PostGraphile ${floorVersion}`, value: memory([plain]) },
  }
}

function isPostgres(pid: number): boolean {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres'
}

function isWorker(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('graphql/worker/main.ts')
}

async function measure(load: object, serving: () => number[]): Promise<Measured> {
  const program = fileURLToPath(new URL('graphql-load.ts', import.meta.url))
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const before = cpuSeconds(serving())
  child.stdin.end(JSON.stringify({ ...load, connections, seconds, expected: 'otes' }))
  const found = await json(child.stdout).catch(() => null)
  const [code] = await ended
  if (code !== 0 || found === null) throw new Error('the clients of the bench failed')
  const answer = found as Omit<Measured, 'cpu'> & { readonly count: number }
  return { ...answer, cpu: ((cpuSeconds(serving()) - before) * 1000) / answer.count }
}

/** Signs in by the password and gives back the cookie. */
async function signIn(url: string, directory: string): Promise<string> {
  const password = await secret(directory, 'ADMIN_PASSWORD')
  const headers = { 'content-type': 'application/json', origin: url }
  const answer = await fetch(`${url}/auth/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ password }),
  })
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0]
  if (cookie === undefined) throw new Error(`sign-in answered ${answer.status}: ${await answer.text()}`)
  return cookie
}

/** An access token of the owner, as an app has one. */
async function mintAccess(url: string, token: string): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const answer = await fetch(`${url}/api/tokens/mint`, { method: 'POST', headers, body: '{}' })
  if (!answer.ok) throw new Error(`minting answered ${answer.status}: ${await answer.text()}`)
  return ((await answer.json()) as { token: string }).token
}

async function roleUrl(directory: string, role: 'API' | 'DATA'): Promise<string> {
  const data = join(directory, 'data/postgres')
  const pointer = (await readFile(`${data}.path`, 'utf8').catch(() => data)).trim()
  const found = await readPostmaster(join(pointer, 'data'))
  if (found === null) throw new Error('the instance has no database')
  const password = await secret(directory, `CASTELLAN_${role}_PASSWORD`)
  const url = new URL(
    `postgres://castellan_${role.toLowerCase()}:${encodeURIComponent(password)}@localhost/castellan`,
  )
  url.searchParams.set('host', found.socketDirectory)
  return url.href
}

async function secret(directory: string, name: string): Promise<string> {
  const text = await readFile(join(directory, '.env.secrets'), 'utf8')
  const found = new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]
  if (found === undefined) throw new Error(`${name} is not in .env.secrets`)
  return found
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql)
  await client.end()
}

const body = (query: string) => JSON.stringify({ query })

/** PostGraphile with its editor takes 300 MB, which nobody who does not measure should have to install. */
async function floorModules(): Promise<string> {
  const directory = join(repository, '.cache/postgraphile-floor')
  const installed = join(directory, 'node_modules/postgraphile/package.json')
  if (
    await access(installed).then(
      () => true,
      () => false,
    )
  )
    return directory
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'package.json'), '{"private":true}')
  const args = ['install', '--no-audit', '--no-fund', '--save-exact', `postgraphile@${floorVersion}`]
  await promisify(execFile)('npm', args, { cwd: directory })
  return directory
}
