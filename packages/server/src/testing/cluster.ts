/**
 * Vitest's global set-up: one throw-away PostgreSQL with a migrated template database for all test files of a run.
 * Nothing here is durable; never point it at data that matters.
 */
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../adapters/postgres/index.ts'
import { isAlive, readPostmaster, stopPostmaster } from '../adapters/postgres/postmaster.ts'
import { migrate } from '../database/migrate.ts'

/** What a test file needs to make its own database; serialisable, as it crosses into vitest's workers. */
export interface TestCluster {
  readonly superuserUrl: string
  readonly appUrl: string
  readonly migrateUrl: string
  readonly apiUrl: string
  readonly dataUrl: string
}

declare module 'vitest' {
  interface ProvidedContext {
    castellanCluster: TestCluster
  }
}

const prefix = `castellan-test-`

/** Starts the cluster; the returned function stops and removes it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers()
  const directory = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  // As root, PostgreSQL runs as another user, who must get through.
  await chmod(directory, 0o711)
  const cluster = await startEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    passwords: {
      castellan_migrate: 'migrate-test',
      castellan_app: 'app-test',
      castellan_api: 'api-test',
      castellan_data: 'data-test',
    },
    unsafeNoSync: true,
    unsafeSuperuserPassword: 'superuser-test',
  })
  const urls: TestCluster = {
    superuserUrl: cluster.urlFor('postgres', 'postgres'),
    appUrl: cluster.urlFor('castellan_app'),
    migrateUrl: cluster.urlFor('castellan_migrate'),
    apiUrl: cluster.urlFor('castellan_api'),
    dataUrl: cluster.urlFor('castellan_data'),
  }
  await migrate(urls)
  project.provide('castellanCluster', urls)
  return async () => {
    await cluster.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

/** A run that was killed could not stop its cluster; the process number in the directory's name tells. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = Number(name.startsWith(prefix) ? name.slice(prefix.length).split('-')[0] : Number.NaN)
    if (!Number.isInteger(owner) || isAlive(owner)) continue
    const directory = join(tmpdir(), name)
    const left = await readPostmaster(join(directory, 'postgres/data'))
    if (left !== null && isAlive(left.pid)) await stopPostmaster(left.pid)
    await rm(directory, { recursive: true, force: true })
  }
}
