/** The owner's own tables: what they are, who may do what with them, and what bringing them up to date would change. */
import * as z from 'zod'

/** The longest permissions.yaml that is read. */
export const maxPermissionsCharacters = 200_000

/** Whom permissions are given to: people by their role, and whoever is not signed in. */
export const DataRole = z.enum(['owner', 'member', 'viewer', 'anonymous'])
export type DataRole = z.infer<typeof DataRole>

/** What can be permitted. */
export const DataCommand = z.enum(['select', 'insert', 'update', 'delete'])
export type DataCommand = z.infer<typeof DataCommand>

/** Something wrong in a file, or with what it makes. */
export const DataFinding = z.object({
  file: z.string(),
  line: z.int().nullable(),
  message: z.string(),
})
export type DataFinding = z.infer<typeof DataFinding>

/** What one role may do to one table. */
export const DataCell = z.object({
  role: DataRole,
  command: DataCommand,
  columns: z.array(z.string()),
  /** Which rows, in words. */
  rows: z.string(),
  /** What new rows must be, in words; null where nothing is asked. */
  check: z.string().nullable(),
  /** What is filled in by the house, in words. */
  set: z.array(z.string()),
})
export type DataCell = z.infer<typeof DataCell>

/** One of the owner's tables or views. */
export const DataTable = z.object({
  name: z.string(),
  kind: z.enum(['table', 'view']),
  /** Whether all tenants read the same rows. */
  shared: z.boolean(),
  columns: z.array(z.object({ name: z.string(), type: z.string(), nullable: z.boolean() })),
  cells: z.array(DataCell),
})
export type DataTable = z.infer<typeof DataTable>

/** A file of db/migrations. */
export const DataMigration = z.object({
  name: z.string(),
  /** `edited`: changed after it was applied; `missing`: applied, and the file is gone. */
  state: z.enum(['applied', 'pending', 'edited', 'missing']),
  applied_at: z.string().nullable(),
})
export type DataMigration = z.infer<typeof DataMigration>

/** Answer of `GET /api/data`. */
export const DataOverview = z.object({
  tables: z.array(DataTable),
  functions: z.array(z.object({ name: z.string(), roles: z.array(DataRole) })),
  migrations: z.array(DataMigration),
  permissions: z.object({
    text: z.string(),
    /** SHA-256 of the text, to be sent back with a change. */
    hash: z.string(),
    /** Whether the file is what was last compiled. */
    applied: z.boolean(),
  }),
  /** What is wrong with the files as they are. */
  problems: z.array(DataFinding),
  /** How the database differs from what was last compiled, a line each. */
  drift: z.array(z.string()),
  /** Names what is in force; another one after every change. Null: nothing was ever applied. */
  version: z.string().nullable(),
})
export type DataOverview = z.infer<typeof DataOverview>

/** Body of `POST /api/data/apply`. */
export const ApplyData = z.strictObject({ dry_run: z.boolean().default(false) })
/** Body of `POST /api/data/preview`: what these permissions would change; nothing is stored. */
export const PreviewPermissions = z.strictObject({ text: z.string().max(maxPermissionsCharacters) })
/** Body of `PUT /api/data/permissions`. */
export const PutPermissions = z.strictObject({
  text: z.string().max(maxPermissionsCharacters),
  /** The hash of the text that was edited. */
  base: z.string(),
})

/** What was, or would be, done. */
export const AppliedData = z.object({
  dry_run: z.boolean(),
  /** Whether it is, or could be, in force. */
  ok: z.boolean(),
  problems: z.array(DataFinding),
  migrations: z.array(z.string()),
  /** Rights that come (`+ …`) and go (`- …`). */
  changes: z.array(z.string()),
  version: z.string().nullable(),
})
export type AppliedData = z.infer<typeof AppliedData>
