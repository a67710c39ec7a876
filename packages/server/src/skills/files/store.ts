/**
 * Labels of workspace files, in PostgreSQL beside the files. A file's text keeps the label it was written with for as long
 * as it holds exactly what was written; of any other content nothing is known here.
 */
import { createHash } from 'node:crypto'
import type { Label } from '@castellan/contracts'
import { storedLabel } from '@castellan/kernel'
import type { Database, Tenant } from '../../database/index.ts'

/** What a skill wrote, with the labels of its text and of the path it chose. */
export interface WrittenFile {
  /** Names from the workspace down, with `/` between them. */
  readonly path: string
  readonly content: Buffer
  readonly text: Label
  readonly name: Label
}

/** Where labels of files are kept. */
export interface FileLabels {
  /** The last to write a path says what is known of it. */
  save(tenant: Tenant, file: WrittenFile): Promise<void>
  /** The label of a file's text; null when a skill did not write exactly this content there. */
  ofText(tenant: Tenant, path: string, content: Buffer): Promise<Label | null>
  /** Labels of every path that a skill wrote under a folder (`''` or what ends in `/`: a workspace). A name is the same whatever the file holds. */
  ofNames(tenant: Tenant, folder: string): Promise<ReadonlyMap<string, Label>>
}

/** The labels kept in the database. */
export function fileLabels(database: Database): FileLabels {
  return {
    async save(tenant, { path, content, text, name }) {
      const row = {
        ...{ content: digest(content), sources: [...text.sources], readers: readersOf(text) },
        ...{ name_sources: [...name.sources], name_readers: readersOf(name), written_at: new Date() },
      }
      await database
        .as(tenant)
        .insertInto('castellan.file_labels')
        .values({ tenant_id: tenant, path, ...row })
        .onConflict((conflict) => conflict.columns(['tenant_id', 'path']).doUpdateSet(row))
        .execute()
    },
    async ofText(tenant, path, content) {
      const row = await database
        .as(tenant)
        .selectFrom('castellan.file_labels')
        .select(['sources', 'readers'])
        .where('tenant_id', '=', tenant)
        .where('path', '=', path)
        .where('content', '=', digest(content))
        .executeTakeFirst()
      return row === undefined ? null : storedLabel(row)
    },
    async ofNames(tenant, folder) {
      const rows = await database
        .as(tenant)
        .selectFrom('castellan.file_labels')
        .select(['path', 'name_sources', 'name_readers'])
        .where('tenant_id', '=', tenant)
        .where(
          (row) =>
            row.fn('starts_with', [
              'path',
              row.val(folder === '' || folder.endsWith('/') ? folder : `${folder}/`),
            ]),
          '=',
          true,
        )
        .execute()
      return new Map(
        rows.map((row) => [row.path, storedLabel({ sources: row.name_sources, readers: row.name_readers })]),
      )
    },
  }
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

function readersOf({ readers }: Label): string[] | null {
  return readers === 'everyone' ? null : [...readers]
}
