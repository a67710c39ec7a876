/** What the process that owns the tables is asked, and answers. It crosses a pipe, so it is checked on both sides. */
import { AppliedData } from '@castellan/contracts'
import * as z from 'zod'

/** A file of db/migrations as it is now. */
export const MigrationFile = z.object({ name: z.string(), sql: z.string(), sha256: z.string() })
export type MigrationFile = z.infer<typeof MigrationFile>

/** The order, as JSON on stdin. */
export const Order = z.object({
  /** As `castellan_data`. */
  url: z.string(),
  files: z.array(MigrationFile),
  permissions: z.string(),
  dryRun: z.boolean(),
  /** Whether pending files are run, or the permissions are compiled for the tables as they are. */
  migrate: z.boolean(),
})
export type Order = z.infer<typeof Order>

/** The answer, as one JSON line on stdout. */
export const Answer = z.union([
  AppliedData,
  z.object({
    code: z.enum(['conflict', 'database_unavailable', 'internal']),
    message: z.string(),
    hint: z.string().optional(),
  }),
])
