/** Part of the composition: the owner's own tables, for the running server and for a stopped instance alike. */
import type { Postgres } from './adapters/postgres/index.ts'
import { type OwnersData, openData } from './data/index.ts'
import type { Database, Tenant } from './database/index.ts'
import { recorder } from './record.ts'

/** Opens them. `onChange` is told after every change of tables or permissions. */
export function openTables(parts: {
  readonly directory: string
  readonly postgres: Postgres
  readonly database: Database
  readonly tenant: Tenant
  readonly onChange?: () => void
}): OwnersData {
  const { directory, postgres, database, tenant, onChange = () => {} } = parts
  const { dataUrl } = postgres
  return openData({ directory, dataUrl, database, tenant, onChange, record: recorder(tenant).data })
}
