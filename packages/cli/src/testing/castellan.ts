/** Runs the real command in tests, as a person or a program would. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'

const bin = fileURLToPath(new URL('../../bin/castellan.js', import.meta.url))

/** What a finished command left. */
export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** How to run it. */
export interface Spawning {
  readonly input?: string
  /** Before the script, for node itself. */
  readonly nodeArguments?: readonly string[]
  /** Names to set or, as undefined, to leave out of an otherwise small environment. */
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** Starts the command without waiting for its end. */
export function spawnCastellan(args: readonly string[], options: Spawning = {}): ChildProcess {
  const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: tmpdir(), ...options.environment }
  const child = spawn(process.execPath, [...(options.nodeArguments ?? []), bin, ...args], {
    env: environment,
    cwd: options.cwd ?? tmpdir(),
    stdio: 'pipe',
  })
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input ?? '')
  return child
}

/** Runs the command to its end. */
export async function castellan(args: readonly string[], options: Spawning = {}): Promise<Finished> {
  return finished(spawnCastellan(args, options))
}

/** Waits for the end of a command and what it said. */
export function finished(child: ChildProcess): Promise<Finished> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code, signal) =>
      resolve({ code: code ?? (signal === null ? -1 : -2), stdout, stderr }),
    )
  })
}

/** A directory for instances that PostgreSQL's user can reach; removed by `remove`. */
export async function scratch(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'castellan-cli-'))
  await chmod(path, 0o711)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

const Ready = z.object({ ready: z.literal(true), url: z.string(), link: z.string(), pid: z.int() })

/** A running `castellan up`. */
export interface Up extends z.infer<typeof Ready> {
  readonly child: ChildProcess
  /** Resolves when it has ended. */
  readonly end: Promise<Finished>
}

/** Starts an instance on a free port and waits until it is ready; rejects with what it said if it ends first. */
export async function up(
  directory: string,
  args: readonly string[] = [],
  options: Spawning = {},
): Promise<Up> {
  const child = spawnCastellan(
    ['up', '--dir', directory, '--port', '0', '--no-open', '--json', ...args],
    options,
  )
  const end = finished(child)
  const first = new Promise<string>((resolve) =>
    child.stdout?.once('data', (chunk) => resolve(String(chunk))),
  )
  const line = await Promise.race([first, end])
  if (typeof line !== 'string') throw new Error(`it ended with ${line.code}:\n${line.stderr}`)
  return { ...Ready.parse(JSON.parse(line)), child, end }
}
