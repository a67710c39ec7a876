/** Part of the composition: GraphQL. Its worker, the keys they sign with, its doors. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { startGraphqlWorker } from './adapters/graphql-worker.ts'
import type { AtStop, Foundation } from './foundation.ts'
import { makeKeeper, openCatalog, readyTarget } from './graphql/index.ts'
import type { AppEnv } from './http/index.ts'
import type { Instance } from './instance/index.ts'
import { internalGuard, pairKey } from './internal/index.ts'
import { deriveKey } from './vault/index.ts'

export type Queries = Awaited<ReturnType<typeof openQueries>>

/** How long the worker stays without being asked, in milliseconds. */
const idleMs = 600_000
const statementTimeoutMs = 5_000
const connections = 10
/** Length of `sun_path` on Linux and macOS less the terminator, the smaller of the two. */
const longestSocketPath = 103

/** Makes everything GraphQL needs without starting the worker: the first question does. */
export async function openQueries(instance: Instance, foundation: Foundation, atStop: AtStop) {
  const { boot, file } = instance.configuration
  const { postgres, listener, log, database } = foundation
  const root = deriveKey(boot.SECRET_KEY_BASE ?? '', 'internal')
  const keys = { calls: pairKey(root, 'server', 'graphql'), answers: pairKey(root, 'graphql', 'server') }
  const directory = await socketDirectory(instance.paths.run, atStop)
  const certificate = boot.TLS_CERT_FILE === null ? null : await readFile(boot.TLS_CERT_FILE, 'utf8')
  const keeper = makeKeeper({
    start: startGraphqlWorker,
    config: () => ({
      apiUrl: postgres.apiUrl,
      socket: join(directory, `graphql-${randomBytes(4).toString('hex')}.sock`),
      server: { url: listener.url, certificate },
      statementTimeoutMs,
      connections,
      operations: {
        directory: join(instance.directory, 'db/operations'),
        required: file.graphql.persisted === 'required',
      },
    }),
    keys,
    idleMs,
    now: Date.now,
    say: (line) => log.warn({ part: 'graphql' }, line.slice(0, 4_000)),
  })
  atStop(() => keeper.stop())
  const internal = new Hono<AppEnv>().use(
    internalGuard({
      callee: 'server',
      keys: { graphql: keys.answers },
      routes: { [`POST ${readyTarget}`]: ['graphql'] },
      now: Date.now,
    }),
  )
  return { keeper, catalog: openCatalog(database.pool, Date.now), internal }
}

/** run/, cleared of what a killed worker left; where its path is too long for a socket, a private directory of its own. */
async function socketDirectory(run: string, atStop: AtStop): Promise<string> {
  if (join(run, 'graphql-00000000.sock').length > longestSocketPath) {
    const own = await mkdtemp(join(tmpdir(), 'castellan-'))
    atStop(() => rm(own, { recursive: true, force: true }))
    return own
  }
  const left = (await readdir(run)).filter((name) => /^graphql-[0-9a-f]{8}\.sock$/.test(name))
  await Promise.all(left.map((name) => rm(join(run, name), { force: true })))
  return run
}
