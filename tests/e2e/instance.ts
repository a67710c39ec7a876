/**
 * A real `castellan up` for tests: a child process on a throw-away instance, started, stopped, killed and started again.
 * Whatever a test does to it, `close` leaves neither a process nor a file behind; a run of tests that was itself killed is
 * cleaned up after by the next one.
 */
import { type ChildProcess, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NewModel, RunResult } from '@castellan/contracts'
import { createInstance } from '@castellan/server/instance'
import pg from 'pg'
import { beforeEach, vi } from 'vitest'
import { type Client, connect, nothing } from '../../packages/cli/src/client.ts'
import {
  castellan,
  type Finished,
  finished,
  type Spawning,
  spawnCastellan,
} from '../../packages/cli/src/testing/castellan.ts'
import {
  isAlive,
  readPostmaster,
  waitUntilGone,
} from '../../packages/server/src/adapters/postgres/postmaster.ts'
import { homeTenant } from '../../packages/server/src/database/index.ts'

export interface InstanceOptions {
  /** `host:port` that skills may reach besides public addresses. */
  readonly allow?: readonly string[]
  /** The agent reads foreign results itself, as every model did before they were sealed; for tests of what it is asked then. */
  readonly unsealed?: boolean
  /** Lines to be added to castellan.yaml. */
  readonly yaml?: string
  readonly spawning?: Spawning
  /** Puts everything on a file system of its own of this size, e.g. `200m`; only root can. */
  readonly tmpfs?: string
}

export interface Instance {
  readonly directory: string
  readonly workspace: string
  /** Of the process that runs now. */
  readonly client: Client
  readonly url: string
  /** The one-time sign-in link of the last start. */
  readonly link: string
  readonly pid: number
  /** Everything that all its processes have said on stderr. */
  said(): string
  start(args?: readonly string[]): Promise<void>
  /** SIGKILL, and waits until it is gone. PostgreSQL lives on. */
  kill(): Promise<void>
  /** Ctrl-C; resolves with what was said. */
  stop(): Promise<Finished>
  /** Runs a command on this instance. */
  cli(args: readonly string[], options?: Spawning): Promise<Finished>
  /** A connection as the serving role, bound to the tenant; ended by `close`. */
  database(): Promise<pg.Client>
  /** The postmaster that serves its data now; null when there is none. */
  postmaster(): Promise<number | null>
  /** Adds a model of a fake provider. */
  addModel(provider: 'anthropic' | 'openai-compatible', baseUrl: string, name?: string): Promise<void>
  /** Waits until a run has ended, or also until it asks. */
  result(run: string, until?: 'done' | 'question'): Promise<RunResult>
  close(): Promise<void>
}

const prefix = 'castellan-e2e-'
const startMs = 60_000

/** Makes an instance without starting it. */
export async function makeInstance(options: InstanceOptions = {}): Promise<Instance> {
  sweep()
  const home = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  if (options.tmpfs !== undefined) mountTmpfs(home, options.tmpfs)
  // As root, PostgreSQL runs as another user, who must get through.
  await chmod(home, 0o711)
  const directory = join(home, 'home')
  await createInstance(directory)
  const yaml = await readFile(join(directory, 'castellan.yaml'), 'utf8')
  const allow = `allow: [${(options.allow ?? []).map((each) => `'${each}'`).join(', ')}]`
  const sealed = `sealed: ${options.unsealed !== true}`
  await writeFile(
    join(directory, 'castellan.yaml'),
    `${yaml.replace('allow: []', allow).replace('sealed: true', sealed)}${options.yaml ?? ''}`,
  )
  return new Running(home, directory, options.spawning ?? {})
}

/** Makes an instance and starts it. */
export async function startInstance(options: InstanceOptions = {}): Promise<Instance> {
  const made = await makeInstance(options)
  try {
    await made.start()
  } catch (error) {
    await made.close()
    throw error
  }
  return made
}

/** Prints what an instance has said when a test of this file fails. */
export function showWhenFailed(of: () => Instance | undefined): void {
  const lastLines = () => (of()?.said().split('\n') ?? []).slice(-60).map((line) => line.slice(0, 400))
  beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(lastLines().join('\n'))))
}

class Running implements Instance {
  readonly directory: string
  readonly workspace: string
  link = ''
  readonly #home: string
  readonly #spawning: Spawning
  readonly #clients: pg.Client[] = []
  #client: Client | null = null
  #child: ChildProcess | null = null
  #end: Promise<Finished> | null = null
  #said = ''

  constructor(home: string, directory: string, spawning: Spawning) {
    this.#home = home
    this.directory = directory
    this.workspace = join(directory, 'workspace')
    this.#spawning = spawning
    homes.add(home)
  }

  get client(): Client {
    if (this.#client === null) throw new TypeError('the instance is not running')
    return this.#client
  }

  get url(): string {
    return this.client.url
  }

  get pid(): number {
    return this.client.pid
  }

  said(): string {
    return this.#said
  }

  async start(args: readonly string[] = []): Promise<void> {
    const all = ['up', '--dir', this.directory, '--port', '0', '--no-open', '--json', ...args]
    const child = spawnCastellan(all, this.#spawning)
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString()
    })
    this.#child = child
    this.#end = finished(child)
    const ready = Promise.withResolvers<string>()
    child.stdout?.once('data', (chunk: Buffer) => ready.resolve(chunk.toString()))
    const late = setTimeout(() => ready.reject(new Error(`not ready in time:\n${this.#said}`)), startMs)
    try {
      const line = await Promise.race([ready.promise, this.#end])
      const { link } = JSON.parse(typeof line === 'string' ? line : '{}') as { link?: string }
      if (link === undefined) {
        const { code, stderr } = await this.#end
        throw new Error(`ended with ${code}:\n${stderr}`)
      }
      this.link = link
    } finally {
      clearTimeout(late)
    }
    this.#client = await connect(this.directory)
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#end
    this.#client = null
  }

  async stop(): Promise<Finished> {
    this.#child?.kill('SIGINT')
    const end = await this.#end
    this.#client = null
    if (end === null) throw new TypeError('it was never started')
    return end
  }

  cli(args: readonly string[], options: Spawning = {}): Promise<Finished> {
    return castellan([...args, '--dir', this.directory], options)
  }

  async database(): Promise<pg.Client> {
    const data = join(this.directory, 'data/postgres/data')
    const socket = (await readPostmaster(data))?.socketDirectory
    if (!socket) throw new Error(`no database runs in ${data}`)
    const secrets = await readFile(join(this.directory, '.env.secrets'), 'utf8')
    const password = /^CASTELLAN_APP_PASSWORD=(.*)$/m.exec(secrets)?.[1]
    const client = new pg.Client({ host: socket, user: 'castellan_app', password, database: 'castellan' })
    // A test may well take the database away.
    client.on('error', () => {})
    await client.connect()
    await client.query("select set_config('castellan.tenant', $1, false)", [homeTenant])
    this.#clients.push(client)
    return client
  }

  async postmaster(): Promise<number | null> {
    const found = await readPostmaster(join(this.directory, 'data/postgres/data'))
    return found !== null && isAlive(found.pid) ? found.pid : null
  }

  async addModel(
    provider: 'anthropic' | 'openai-compatible',
    baseUrl: string,
    name: string = provider,
  ): Promise<void> {
    const body = NewModel.parse({
      ...{ name, provider, base_url: baseUrl, model: 'fake-model' },
      ...(provider === 'anthropic' ? { key: 'sk-ant-fake-key-of-the-tests' } : {}),
    })
    await this.client.send('POST', '/api/models', body, nothing)
  }

  async result(run: string, until: 'done' | 'question' = 'done'): Promise<RunResult> {
    for (;;) {
      const found = await this.client.get(`/api/runs/${run}/result?wait=${until}&timeout_ms=20000`, RunResult)
      if (found.run.finished_at !== null || (until === 'question' && found.run.state === 'waiting'))
        return found
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end().catch(() => {})))
    if (this.#child?.exitCode === null && this.#child.signalCode === null) await this.kill()
    const postmaster = await this.postmaster()
    endProcesses(this.#home)
    if (postmaster !== null) await waitUntilGone(postmaster, 20_000)
    for (const mount of mountsBelow(this.#home)) spawnSync('umount', ['--lazy', mount])
    await rm(this.#home, { recursive: true, force: true })
    homes.delete(this.#home)
  }
}

/** Waits until something is so; looks often and gives up with the last failure. */
export function until(assertion: () => unknown, timeoutMs = 20_000): Promise<unknown> {
  return vi.waitFor(assertion, { timeout: timeoutMs, interval: 20 })
}

const homes = new Set<string>()
process.once('exit', () => homes.forEach(clear))
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
let swept = false

/** Clears what runs of tests left that were killed; the process number in the directory's name tells. */
function sweep(): void {
  if (swept) return
  swept = true
  for (const name of readdirSync(tmpdir())) {
    const owner = Number(name.startsWith(prefix) ? name.slice(prefix.length).split('-')[0] : Number.NaN)
    if (Number.isInteger(owner) && !isAlive(owner)) clear(join(tmpdir(), name))
  }
}

/** Ends the processes of one home, and removes it. Synchronous: it is the last thing a process does. */
function clear(home: string): void {
  endProcesses(home)
  for (const mount of mountsBelow(home)) spawnSync('umount', ['--lazy', mount])
  rmSync(home, { recursive: true, force: true })
}

/** Kills the server and the postmaster of one home, those too that a test did not start through its instance. */
function endProcesses(home: string): void {
  for (const file of ['home/run/lock', 'home/data/postgres/data/postmaster.pid']) {
    const pid = pidIn(join(home, file))
    // A number that was used again belongs to a program that knows nothing of this directory.
    if (pid !== null && commandOf(pid).includes(home)) process.kill(pid, 'SIGKILL')
  }
}

function pidIn(path: string): number | null {
  try {
    const pid = Number(/\d+/.exec(readFileSync(path, 'utf8'))?.[0])
    return pid > 1 ? pid : null
  } catch {
    // It never came so far.
    return null
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // Gone already, or no Linux.
    return ''
  }
}

function mountsBelow(home: string): string[] {
  try {
    const lines = readFileSync('/proc/mounts', 'utf8').split('\n')
    return lines.map((line) => line.split(' ')[1] ?? '').filter((path) => `${path}/`.startsWith(`${home}/`))
  } catch {
    // No Linux: nothing was mounted.
    return []
  }
}

/** Puts a small file system of its own on a directory. */
export function mountTmpfs(directory: string, size: string): void {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory])
  if (status !== 0) throw new Error(`mount: ${stderr}`)
}

/** Whether this process may mount file systems; says so where it may not. */
export function canMount(): boolean {
  const directory = scratchDirectory()
  const can = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', directory]).status === 0
  if (can) spawnSync('umount', [directory])
  else console.warn('skipped: a full disk needs a file system of its own, which only root may mount')
  return can
}

/** A new directory that every user may enter, removed at the end of the process if not before. */
export function scratchDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`))
  chmodSync(path, 0o711)
  homes.add(path)
  return path
}
