import { execFile, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { databaseFailure } from './create.ts'
import { runAsStoppedSuperuser } from './embedded.ts'
import { startEmbeddedPostgres } from './index.ts'

const passwords = {
  castellan_migrate: 'migrate-pw',
  castellan_app: 'app-pw',
  castellan_api: 'api-pw',
  castellan_data: 'data-pw',
}
let root: string
let template: string
let stops: (() => Promise<void>)[] = []

/** Making a cluster takes a second; most tests begin with a copy of one. */
beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'template-'))
  await chmod(template, 0o711)
  const options = { directory: join(template, 'postgres'), passwords, unsafeNoSync: true }
  await (await startEmbeddedPostgres(options)).stop()
})
afterAll(() => rm(template, { recursive: true }))

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'embedded-'))
  await chmod(root, 0o711)
})
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()))
  stops = []
  await rm(root, { recursive: true, force: true })
})

async function prepare() {
  await mkdir(join(root, 'data'))
  await promisify(execFile)('cp', ['-a', join(template, 'postgres'), join(root, 'data/postgres')])
}

async function start(more: Partial<Parameters<typeof startEmbeddedPostgres>[0]> = {}) {
  const said: string[] = []
  const cluster = await startEmbeddedPostgres({
    directory: join(root, 'data/postgres'),
    passwords,
    unsafeNoSync: true,
    onProgress: (words) => said.push(words),
    ...more,
  })
  stops.push(() => cluster.stop())
  return { cluster, said }
}

async function query(url: string, sql: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

test('starts, keeps what was written, stops and leaves nothing running', async () => {
  const first = await start()
  const url = first.cluster.urlFor('castellan_migrate')
  await query(url, 'create schema s; create table s.t as select 1 as x')
  await first.cluster.stop()
  await expect(query(url, 'select 1')).rejects.toThrow(/ENOENT|ECONNREFUSED/)
  const second = await start()
  expect(await query(second.cluster.urlFor('castellan_migrate'), 'select x from s.t')).toEqual([{ x: 1 }])
  expect(second.said).toEqual([])
})

test('listens on no network address, behind a socket nobody else may enter', async () => {
  await prepare()
  const { cluster } = await start()
  const url = cluster.urlFor('castellan_app')
  expect(await query(url, 'show listen_addresses')).toEqual([{ listen_addresses: '' }])
  const socket = new URL(url).searchParams.get('host') ?? ''
  for (const path of [socket, join(socket, '.s.PGSQL.5432')]) {
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('700')
  }
})

test('lets no superuser in, nor a wrong password', async () => {
  await prepare()
  const { cluster } = await start()
  await expect(query(cluster.urlFor('postgres'), 'select 1')).rejects.toThrow(/password/)
  const wrong = cluster.urlFor('castellan_app').replace('app-pw', 'other')
  await expect(query(wrong, 'select 1')).rejects.toThrow(/password/)
})

test('gives the running roles no way up', async () => {
  await prepare()
  const { cluster } = await start()
  const rows = await query(
    cluster.urlFor('castellan_app'),
    `select rolname from pg_roles where rolname like 'castellan%'
      and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)`,
  )
  expect(rows).toEqual([])
})

/** A start in another process, which then dies without stopping anything. */
async function startAndDie(): Promise<number> {
  const program = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
    const options = ${JSON.stringify({ directory: join(root, 'data/postgres'), passwords, unsafeNoSync: true })}
    process.stdout.write(String((await startEmbeddedPostgres(options)).pid))
    process.kill(process.pid, 'SIGKILL')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return Number(await text(child.stdout))
}

test('takes over a postmaster that an earlier start left running', async () => {
  await prepare()
  const left = await startAndDie()
  const second = await start()
  expect(second.cluster.adopted).toBe(true)
  expect(second.cluster.pid).toBe(left)
  expect(second.said).toEqual(['took over the database that an earlier start left running'])
})

test('stops a leftover postmaster with other settings and starts its own', async () => {
  await prepare()
  const left = await startAndDie()
  const second = await start({ unsafeNoSync: false })
  expect(second.cluster.adopted).toBe(false)
  expect(second.cluster.pid).not.toBe(left)
  expect(second.said[0]).toBe('stopping the database that an earlier start left running')
})

test('is not stopped by a stale postmaster.pid whose number belongs to another program', async () => {
  await prepare()
  const { cluster } = await start()
  const file = join(cluster.home, 'data/postmaster.pid')
  const left = await readFile(file, 'utf8')
  await cluster.stop()
  await writeFile(file, left.replace(/^\d+/, String(process.ppid)))
  const again = await start()
  expect(again.cluster.adopted).toBe(false)
})

test('is not stopped by a stale socket lock whose number belongs to another program of its user', async () => {
  await prepare()
  await mkdir(join(root, 'other'))
  await promisify(execFile)('cp', ['-a', join(template, 'postgres'), join(root, 'other/postgres')])
  const other = await start({ directory: join(root, 'other/postgres') })
  const socket = join(root, 'data/postgres/socket')
  await writeFile(join(socket, '.s.PGSQL.5432.lock'), `${other.cluster.pid}\n`)
  const { cluster } = await start()
  expect(cluster.adopted).toBe(false)
  expect(cluster.pid).not.toBe(other.cluster.pid)
})

test('sets the passwords anew when .env.secrets changed', async () => {
  await prepare()
  const first = await start()
  await first.cluster.stop()
  const changed = { ...passwords, castellan_app: 'rotated-pw' }
  const second = await start({ passwords: changed })
  expect(await query(second.cluster.urlFor('castellan_app'), 'select 1 as x')).toEqual([{ x: 1 }])
  expect(second.said).toEqual(['role passwords in .env.secrets changed; setting them in the database'])
})

test('gives a cluster of an earlier version the roles and schemas that it lacks', async () => {
  await prepare()
  const first = await start()
  await first.cluster.stop()
  const roles = 'castellan_data, app_owner, app_member, app_viewer, app_anonymous'
  await runAsStoppedSuperuser(join(root, 'data/postgres'), [
    'drop schema app',
    'drop schema app_rules',
    'revoke connect on database castellan from castellan_data',
    `drop role ${roles}`,
  ])
  const second = await start()
  expect(second.said).toEqual(['adding the database roles of this version'])
  const rows = await query(
    second.cluster.urlFor('castellan_data'),
    `select nspname from pg_namespace where nspowner = current_user::regrole order by 1`,
  )
  expect(rows).toEqual([{ nspname: 'app' }, { nspname: 'app_rules' }])
  const became = 'begin; set local role app_member; commit; select 1 as x'
  await query(second.cluster.urlFor('castellan_api'), became)
  await second.cluster.stop()
  expect((await start()).said).toEqual([])
})

test('comes back at the same socket after it was killed', async () => {
  await prepare()
  const { cluster } = await start()
  const url = cluster.urlFor('castellan_app')
  const before = cluster.pid
  process.kill(before, 'SIGKILL')
  await vi.waitFor(() => expect(cluster.pid).not.toBe(before), { timeout: 15_000 })
  await vi.waitFor(async () => expect(await query(url, 'select 1 as x')).toEqual([{ x: 1 }]), {
    timeout: 5_000,
  })
})

test('uses a short socket path where the instance lies deep', async () => {
  const deep = join(root, 'a'.repeat(60), 'b'.repeat(60), 'data/postgres')
  const { cluster } = await start({ directory: deep })
  const socket = new URL(cluster.urlFor('castellan_app')).searchParams.get('host') ?? ''
  expect(dirname(socket)).toBe(tmpdir())
  expect(await query(cluster.urlFor('castellan_app'), 'select 1 as x')).toEqual([{ x: 1 }])
  await cluster.stop()
  await expect(stat(socket)).rejects.toThrow(/ENOENT/)
})

test('lives inside a 0700 home, or elsewhere when its user cannot get in there', async () => {
  await chmod(root, 0o700)
  const { cluster } = await start()
  const isRoot = process.getuid?.() === 0
  if (isRoot) stops.push(() => rm(cluster.home, { recursive: true }))
  expect(cluster.home).toMatch(isRoot ? /^\/var\/lib\/castellan\// : root)
  await query(cluster.urlFor('castellan_migrate'), 'create schema kept')
  await cluster.stop()
  const again = await start()
  expect(again.cluster.home).toBe(cluster.home)
  await query(again.cluster.urlFor('castellan_migrate'), 'drop schema kept')
})

test('refuses a data directory of another PostgreSQL', async () => {
  await prepare()
  const { cluster } = await start()
  await cluster.stop()
  await writeFile(join(cluster.home, 'data/PG_VERSION'), '17\n')
  await expect(start()).rejects.toThrow(/is postgresql 17; this castellan brings 18/)
})

test.each([
  'FATAL:  could not extend file "base/1/2691": No space left on device',
  'HINT:  Check free disk space.',
])('says in words that the disk is full: %s', (said) => {
  expect(databaseFailure('initdb', `${said}\nAborted\ninitdb: removing data directory`).message).toBe(
    'the disk is full; postgresql cannot start',
  )
})
