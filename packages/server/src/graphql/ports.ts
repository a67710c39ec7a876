/** What this capability needs of others: a process to talk to, and what is known of the owner's tables. */
import type { LineAnswer } from '../internal/index.ts'
import type { WorkerConfig } from './envelope.ts'

/** A worker that was started; adapters/graphql-worker.ts makes them. */
export interface WorkerProcess {
  readonly pid: number
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>
  /** Asks it in a signed call; rejects when the connection breaks, it stays silent, or somebody else answers. */
  ask(target: string, body: Uint8Array): Promise<LineAnswer>
  /** Closes its stdin, kills it when that is not enough; resolves when it has ended. */
  stop(): Promise<void>
}

/** Starts a worker with an empty environment and gives it its configuration over stdin. */
export type StartWorker = (config: WorkerConfig, say: (line: string) => void) => WorkerProcess

/** The owner's tables, as far as GraphQL has to know. */
export interface DataSource {
  /** Changes whenever the schema or the permissions do. */
  version(): Promise<string>
  /** Whether any permission names the role anonymous. */
  hasAnonymous(): Promise<boolean>
}
