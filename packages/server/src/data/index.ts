/** The owner's own tables: brought up to date, looked at, their permissions changed. One change after the other. */
import { type AppliedData, CastellanError, type DataOverview, type Json } from '@castellan/contracts'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Identity } from '../http/env.ts'
import { readMigrations, readPermissionsText, sha256, writePermissions } from './files.ts'
import { exportHasura, readOverview } from './overview.ts'
import { runOrder } from './run.ts'

export { newMigration } from './files.ts'
export { dataRoutes } from './routes.ts'

/** Writes the ledger row of a change. */
export type RecordData = (
  handle: Handle,
  what: 'applied' | 'permissions_changed',
  facts: { readonly version: string; readonly migrations: string[]; readonly changes: string[] },
  by: Identity['principal'],
) => Promise<void>

export interface DataOptions {
  /** The instance directory. */
  readonly directory: string
  /** The database as `castellan_data`; only ever handed to the child. */
  readonly dataUrl: string
  readonly database: Database
  readonly tenant: Tenant
  readonly record: RecordData
  /** Told after every change of tables or permissions. */
  readonly onChange: () => void
}

export interface OwnersData {
  overview(): Promise<DataOverview>
  /** Runs pending files and compiles all permissions; or says what that would do. Problems are in the answer. */
  apply(dryRun: boolean, by: Identity['principal']): Promise<AppliedData>
  /** The permissions of the file as Hasura's metadata. Rejects with `bad_request` where the file is wrong. */
  hasura(): Promise<Json>
  /** What another text of permissions would change. */
  preview(text: string): Promise<AppliedData>
  /** Puts a text in force and stores it as the file. Rejects with `conflict` when `base` is not the file's hash. */
  savePermissions(text: string, base: string, by: Identity['principal']): Promise<AppliedData>
}

/** Opens it; nothing is started before it is needed. */
export function openData(options: DataOptions): OwnersData {
  const { directory, dataUrl: url, database, tenant, record, onChange } = options
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }
  const order = async (permissions: string, dryRun: boolean, migrate: boolean) =>
    runOrder({ url, files: migrate ? await readMigrations(directory) : [], permissions, dryRun, migrate })
  const note = async (
    what: 'applied' | 'permissions_changed',
    done: AppliedData,
    by: Identity['principal'],
  ) => {
    onChange()
    const { migrations, changes } = done
    const facts = { version: done.version ?? '', migrations, changes: changes.slice(0, 500) }
    await database
      .as(tenant)
      .transaction()
      .execute((handle) => record(handle, what, facts, by))
  }
  return {
    overview: () => readOverview(directory, database.pool),
    apply: (dryRun, by) =>
      inTurn(async () => {
        const done = await order(await readPermissionsText(directory), dryRun, true)
        if (done.ok && !dryRun) await note('applied', done, by)
        return done
      }),
    hasura: () => exportHasura(directory, database.pool),
    preview: (text) => inTurn(() => order(text, true, false)),
    savePermissions: (text, base, by) =>
      inTurn(async () => {
        if (sha256(await readPermissionsText(directory)) !== base) {
          throw new CastellanError(
            'conflict',
            'db/permissions.yaml was changed meanwhile. Nothing was stored.',
            {
              hint: 'load it again and put your change into it',
            },
          )
        }
        const tried = await order(text, true, false)
        if (!tried.ok) return { ...tried, dry_run: false }
        // The file first: if the rest fails, it is shown as not applied, and the next apply puts it in force.
        await writePermissions(directory, text)
        const done = await order(text, false, false)
        if (done.ok) await note('permissions_changed', done, by)
        return done
      }),
  }
}
