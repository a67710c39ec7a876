/** The directories of an instance. `run/`, `data/` and `.env*` are outside every skill's reach; only `workspace/` is not. */
import { join } from 'node:path'

export interface InstancePaths {
  /** Where skills read and write files. */
  readonly workspace: string
  /** What exists only while it runs: the lock, server.json. 0700. */
  readonly run: string
  /** What must be kept: the database, the ledger's checkpoints. */
  readonly data: string
  /** The embedded PostgreSQL. */
  readonly postgres: string
}

/** The directories below an instance's own. */
export function pathsOf(directory: string): InstancePaths {
  const data = join(directory, 'data')
  return Object.freeze({
    workspace: join(directory, 'workspace'),
    run: join(directory, 'run'),
    data,
    postgres: join(data, 'postgres'),
  })
}
