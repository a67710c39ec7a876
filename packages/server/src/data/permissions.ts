/**
 * `db/permissions.yaml`: who may do what with the owner's tables, written once. What it does not name is not permitted.
 * The words are Hasura's; tenants are kept apart in any case, and nothing here can say otherwise.
 */
import { type DataFinding, DataRole } from '@castellan/contracts'
import * as z from 'zod'
import { type ReadYaml, readYaml } from '../configuration/yaml.ts'

/** Where the file lies in an instance directory. */
export const permissionsFile = 'db/permissions.yaml'

/** A constant, or `X-Hasura-User-Id`, `X-Hasura-Tenant-Id`, `X-Hasura-Role`: who asks. */
export const Value = z.union([z.string(), z.number(), z.boolean()], 'must be a text, a number, true or false')
export type Value = z.infer<typeof Value>

/** A condition on a row; its words are read against the tables by condition.ts. */
export const Condition = z.record(
  z.string(),
  z.json(),
  'must be a condition, e.g. { owner_id: { _eq: X-Hasura-User-Id } }',
)
export type Condition = z.infer<typeof Condition>

const name = z
  .string()
  .refine((text) => /^[a-z_][a-z0-9_]{0,62}$/.test(text), 'is not 1–63 of a–z, 0–9 and _')
const columns = z.union([z.literal('*'), z.array(name)], "must be '*' or a list of columns")
const set = z.record(name, Value).default({})

const Select = z.strictObject({
  columns,
  filter: Condition.default({}),
  /** Rows at once through GraphQL and Hasura. */
  limit: z.int().min(1).max(1_000_000).optional(),
  /** Whether counts are offered through GraphQL and Hasura. */
  aggregate: z.boolean().default(false),
})
const Insert = z.strictObject({ columns, check: Condition.default({}), set })
const Update = z.strictObject({
  columns,
  filter: Condition.default({}),
  /** What a changed row must still be; the filter where it is not given. */
  check: Condition.optional(),
  set,
})
const Delete = z.strictObject({ filter: Condition.default({}) })

const byRole = <T extends z.ZodType>(permission: T) =>
  z.partialRecord(DataRole, permission, 'must name roles').default({})

const Table = z.strictObject({
  /** The same rows for all tenants; they are read only. */
  shared: z.boolean().default(false),
  /** Constraints that may tell a role of rows it does not see; see docs/guide/data.md. */
  reveals: z.array(name).default([]),
  select: byRole(Select),
  insert: byRole(Insert),
  update: byRole(Update),
  delete: byRole(Delete),
})
export type TablePermissions = z.infer<typeof Table>

const File = z.strictObject({
  tables: z.record(name, Table).default({}),
  /** Functions that may be called, and by whom. */
  functions: z.record(name, z.array(DataRole)).default({}),
})
/** The file, parsed. */
export type Permissions = z.infer<typeof File>

/** Something wrong at a place of the file. */
export interface PlacedProblem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Reads the text. What is wrong comes as findings with lines. */
export function readPermissions(
  text: string,
):
  | { readonly value: Permissions; place(problems: readonly PlacedProblem[]): DataFinding[] }
  | { readonly problems: DataFinding[] } {
  const read: ReadYaml<Permissions> = readYaml(text, File)
  if ('problems' in read) {
    return { problems: read.problems.map((problem) => ({ file: permissionsFile, ...problem })) }
  }
  const { value, lineOf } = read
  return {
    value,
    place: (problems) =>
      problems.map(({ path, message }) => ({
        file: permissionsFile,
        line: path.length === 0 ? null : lineOf(path),
        message,
      })),
  }
}
