/** An instance: a directory with castellan.yaml, the `.env` cascade and data, opened by one process at a time. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { type Configuration, fileName, type LoadOptions, loadConfiguration } from '../configuration/index.ts'
import { addRolePasswords } from './create.ts'
import { tighten } from './files.ts'
import { findHolder, releaseLock, takeLock } from './lock.ts'
import { type InstancePaths, pathsOf } from './paths.ts'
import { newLocalToken, readServerFile, removeServerFile, writeServerFile } from './server-file.ts'

export interface Instance {
  readonly directory: string
  readonly name: string
  readonly paths: InstancePaths
  readonly configuration: Configuration
  /** What was found too open and tightened, in words. */
  readonly repairs: readonly string[]
}

/** Checks an instance's files and reads its configuration. Rejects with `bad_configuration` in words. */
export async function openInstance(directory: string, load: LoadOptions = {}): Promise<Instance> {
  const path = resolve(directory)
  if ((await stat(join(path, fileName)).catch(() => null)) === null) {
    throw new CastellanError('bad_configuration', `there is no instance in ${path}`, {
      hint: `make one with castellan init --dir ${directory}`,
    })
  }
  const repairs = await tighten(path)
  const added = await addRolePasswords(path, load.environment ?? {})
  if (added.length > 0)
    repairs.push(`.env.secrets lacked ${added.join(', ')}; new in this version, it was added`)
  const configuration = await loadConfiguration(path, load)
  return Object.freeze({
    directory: path,
    name: configuration.file.name,
    paths: pathsOf(path),
    configuration,
    repairs: Object.freeze(repairs),
  })
}

/** The hold of this process on an instance. */
export interface Hold {
  /** The bearer token for the owner's programs. */
  readonly token: string
  /** Tells programs on this machine where the instance answers. */
  publish(url: string): Promise<void>
  /** Takes back what `publish` said, and lets another process start. */
  release(): Promise<void>
}

/** Makes this process the only one of an instance. Rejects with `already_running`, naming its address. */
export async function holdInstance(instance: Instance): Promise<Hold> {
  const { run } = instance.paths
  const holder = await takeLock(run)
  if (holder !== null) throw await alreadyRunning(instance.directory, holder.pid)
  // Left by a process that died.
  await removeServerFile(run)
  const token = newLocalToken()
  return {
    token,
    publish: (url) => writeServerFile(run, { url, pid: process.pid, token }),
    async release() {
      await removeServerFile(run)
      await releaseLock(run)
    },
  }
}

async function alreadyRunning(directory: string, pid: number): Promise<CastellanError> {
  const server = await readServerFile(directory)
  const where = server === null ? 'starting just now' : `running at ${server.url}`
  return new CastellanError('already_running', `this instance is already ${where} (process ${pid})`, {
    hint: server === null ? 'wait a moment' : 'sign in with castellan open, or stop it first',
    details: { pid, ...(server === null ? {} : { url: server.url }) },
  })
}

/** Where a running instance answers. Rejects with `not_running`. */
export async function findServer(directory: string): Promise<{ url: string; pid: number; token: string }> {
  const path = resolve(directory)
  const server = await readServerFile(path)
  const holder = await findHolder(pathsOf(path).run)
  if (server !== null && holder !== null) return server
  const state = holder === null ? 'is not running' : 'is starting'
  throw new CastellanError('not_running', `the instance in ${path} ${state}`, {
    hint: holder === null ? 'start it with castellan up' : 'wait a moment',
  })
}
