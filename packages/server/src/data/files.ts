/** The owner's files: `db/migrations/NNNN_name.sql` and `db/permissions.yaml` below the instance directory. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CastellanError, maxPermissionsCharacters } from '@castellan/contracts'
import type { MigrationFile } from './order.ts'
import { permissionsFile } from './permissions.ts'

const maxMigrationBytes = 1_000_000

/** The migrations in order. Rejects with `bad_configuration` for a wrong name, a link or too much. */
export async function readMigrations(directory: string): Promise<MigrationFile[]> {
  const folder = join(directory, 'db/migrations')
  const names = (await list(folder)).filter((name) => name.endsWith('.sql')).sort()
  const wrong = names.find((name) => !/^\d{4}_[a-z0-9_]+\.sql$/.test(name))
  if (wrong !== undefined) {
    throw new CastellanError('bad_configuration', `db/migrations/${wrong} is not named as 0001_what.sql is`, {
      hint: 'name it with four digits and a–z, 0–9, _; castellan db new does',
    })
  }
  const twice = names.find((name, index) => names[index + 1]?.slice(0, 4) === name.slice(0, 4))
  if (twice !== undefined) {
    throw new CastellanError('bad_configuration', `two migrations begin with ${twice.slice(0, 4)}`, {
      hint: 'give the newer one the next number',
    })
  }
  return Promise.all(
    names.map(async (name) => {
      const sql = await readWhole(join(folder, name), maxMigrationBytes)
      return { name, sql: sql ?? '', sha256: sha256(sql ?? '') }
    }),
  )
}

/** The permissions' text; `''` where there is no file. */
export async function readPermissionsText(directory: string): Promise<string> {
  return (await readWhole(join(directory, permissionsFile), maxPermissionsCharacters * 4)) ?? ''
}

/** Writes the permissions whole or not at all; a link in their place is replaced, not followed. */
export async function writePermissions(directory: string, text: string): Promise<void> {
  const path = join(directory, permissionsFile)
  const aside = `${path}.${process.pid}`
  await mkdir(dirname(path), { recursive: true })
  await rm(aside, { force: true })
  const file = await open(aside, 'wx', 0o644)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
}

/** Writes the next migration with an example in it, and the permissions where there are none. Gives back what was made. */
export async function newMigration(directory: string, name: string): Promise<string[]> {
  if (!/^[a-z0-9_]{1,60}$/.test(name)) {
    throw new CastellanError('bad_request', 'the name of a migration is 1–60 of a–z, 0–9 and _')
  }
  const folder = join(directory, 'db/migrations')
  await mkdir(folder, { recursive: true })
  const numbers = (await list(folder)).map((each) => Number(each.slice(0, 4))).filter(Number.isInteger)
  const file = `db/migrations/${String(Math.max(0, ...numbers) + 1).padStart(4, '0')}_${name}.sql`
  await writeFile(join(directory, file), exampleMigration, { flag: 'wx' })
  const made = [file]
  try {
    await writeFile(join(directory, permissionsFile), examplePermissions, { flag: 'wx' })
    made.push(permissionsFile)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return made
}

/** The hash that an edit of a text starts from. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}

async function readWhole(path: string, most: number): Promise<string | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    if (error.code === 'ELOOP') throw unfit(path, 'is a link')
    throw error
  })
  if (file === null) return null
  try {
    const found = await file.stat()
    if (!found.isFile()) throw unfit(path, 'is no file')
    if (found.size > most) throw unfit(path, 'is too long')
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function unfit(path: string, what: string): CastellanError {
  return new CastellanError('bad_configuration', `${path} ${what}`, { hint: 'put the file itself there' })
}

/** What `db new` begins a file with. */
export const exampleMigration = `-- Tables of your own, in schema app. Run with: castellan db apply
-- A file is run once. To change something later, make another: castellan db new NAME
--
-- Every table has tenant_id, so that households never see each other's rows; it fills itself in.
--
-- create table projects (
--   id uuid primary key default gen_random_uuid(),
--   tenant_id uuid not null,
--   owner_id uuid not null,
--   name text not null,
--   created_at timestamptz not null default now()
-- );
-- create index on projects (tenant_id, owner_id);
`

/** What permissions.yaml begins as. */
export const examplePermissions = `# Who may do what with your tables. What is not named here is not permitted.
# Put in force with: castellan db apply
#
# tables:
#   projects:
#     select:
#       owner: { columns: '*' }
#       member: { columns: [id, name], filter: { owner_id: { _eq: X-Hasura-User-Id } } }
#     insert:
#       member: { columns: [name], set: { owner_id: X-Hasura-User-Id } }
#     update:
#       member: { columns: [name], filter: { owner_id: { _eq: X-Hasura-User-Id } } }
#     delete:
#       owner: {}
tables: {}
`
