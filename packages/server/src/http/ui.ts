/**
 * The UI, built once at first start and kept under a hash of everything it is made from. Starts at the same time are
 * safe: each builds beside the cache and the first to rename wins.
 */
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CastellanError } from '@castellan/contracts'

/** What the UI is made from and where the result is kept. */
export interface UiOptions {
  /** Directories for built UIs, best first; the first that can be written to is used. */
  readonly caches: readonly string[]
  /** packages/web of this checkout by default. */
  readonly webRoot?: string
  /** Other files and directories that go into the result; contracts and the lockfile by default. */
  readonly alsoFrom?: readonly string[]
  /** Hears that a build has begun (0 modules) and how it goes on. */
  readonly onProgress?: (progress: { readonly modules: number }) => void
}

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const buildMs = 300_000
const keptBuilds = 3
const leftoverMs = 3_600_000

/** The directory of the built UI, building it when it is not there. Throws `internal` saying what to do. */
export async function prepareUi(options: UiOptions): Promise<string> {
  const webRoot = options.webRoot ?? fromHere('../../../web')
  const others = options.alsoFrom ?? [
    fromHere('../../../contracts/src'),
    fromHere('../../../../package-lock.json'),
  ]
  const hash = await hashOfSources(webRoot, others)
  for (const cache of options.caches) {
    const built = join(cache, hash)
    if (!(await isThere(join(built, 'index.html')))) continue
    await markUsed(built)
    return built
  }
  const cache = await firstWritable(options.caches)
  await build(webRoot, join(cache, hash), options.onProgress ?? (() => {}))
  await prune(cache, hash)
  return join(cache, hash)
}

async function hashOfSources(webRoot: string, others: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  const parts = ['index.html', 'package.json', 'public', 'src', 'tsconfig.json', 'vite.config.ts']
  for (const root of [...parts.map((part) => join(webRoot, part)), ...others]) {
    for (const file of await filesUnder(root)) {
      const content = await readFile(file)
      hash.update(`${relative(webRoot, file)}\0${content.byteLength}\0`).update(content)
    }
  }
  return hash.digest('hex').slice(0, 32)
}

/** All files of a directory in a fixed order, or the file itself; nothing for what is not there. */
async function filesUnder(root: string): Promise<string[]> {
  const found = await stat(root).catch(absent)
  if (found === undefined) return []
  if (found.isFile()) return [root]
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** The newest builds survive pruning, and a build in use is new. In a read-only cache nothing is pruned either. */
async function markUsed(directory: string): Promise<void> {
  const now = new Date()
  await utimes(directory, now, now).catch(refusedWrite)
}

function refusedWrite(error: NodeJS.ErrnoException): void {
  if (!/^(EACCES|EPERM|EROFS)$/.test(error.code ?? '')) throw error
}

async function firstWritable(caches: readonly string[]): Promise<string> {
  let last: unknown
  for (const cache of caches) {
    try {
      await mkdir(cache, { recursive: true })
      await rm(await mkdtemp(join(cache, '.probe-')), { recursive: true })
      return cache
    } catch (error) {
      last = error
    }
  }
  throw new CastellanError('internal', 'The pages could not be built: there is nowhere to write them.', {
    hint: `make one of these writable: ${caches.join(', ')}`,
    cause: last,
  })
}

async function build(
  webRoot: string,
  target: string,
  onProgress: NonNullable<UiOptions['onProgress']>,
): Promise<void> {
  const scratch = await mkdtemp(`${target}.building-`)
  try {
    onProgress({ modules: 0 })
    await runBuild(webRoot, scratch, onProgress)
    await rename(scratch, target)
  } catch (error) {
    await rm(scratch, { recursive: true, force: true })
    // Another start was faster; what it built is the same.
    if (await isThere(join(target, 'index.html'))) return
    throw error
  }
}

function runBuild(
  webRoot: string,
  outDir: string,
  onProgress: NonNullable<UiOptions['onProgress']>,
): Promise<void> {
  const child = fork(fromHere('./ui-build.ts'), [webRoot, outDir], {
    // Nothing of our environment: it may hold secrets, and a build needs none.
    env: { NODE_ENV: 'production' },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: buildMs,
    killSignal: 'SIGKILL',
  })
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-4_000)
  })
  child.on('message', (message: { modules: number }) => onProgress(message))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(buildFailed(signal === null ? stderr : `${stderr}\nended by ${signal}`))
    })
  })
}

function buildFailed(output: string): CastellanError {
  const first =
    output
      .split('\n')
      .find((line) => /error|cannot|ended by/i.test(line))
      ?.trim() ?? 'no reason given'
  return new CastellanError('internal', `The pages could not be built: ${first.slice(0, 200)}`, {
    hint: 'run `npm ci` in the directory of Castellan and start again; the command line works without pages',
    cause: new Error(output.trim()),
  })
}

async function prune(cache: string, current: string): Promise<void> {
  const ages: { path: string; at: number }[] = []
  for (const name of await readdir(cache)) {
    const path = join(cache, name)
    const found = await stat(path).catch(absent)
    if (found === undefined || name === current) continue
    const isBuild = /^[0-9a-f]{32}$/.test(name)
    if (isBuild) ages.push({ path, at: found.mtimeMs })
    else if (/\.building-|^\.probe-/.test(name) && Date.now() - found.mtimeMs > leftoverMs) {
      await rm(path, { recursive: true, force: true })
    }
  }
  ages.sort((a, b) => b.at - a.at)
  for (const { path } of ages.slice(keptBuilds - 1)) await rm(path, { recursive: true, force: true })
}
