/** The schemas of all roles, each built when it is first asked for and built again when tables or permissions changed. */
import type pg from 'pg'
import type { DataRole } from '../../database/roles.ts'
import { Documents } from './documents.ts'
import { type Built, buildSchema } from './schema.ts'

/** A schema with its documents. */
export type Ready = Built & { readonly documents: Documents }

export interface Schemas {
  /** The schema of a role at a version; rejects when it cannot be built, and tries again when asked again. */
  of(role: DataRole, version: string): Promise<Ready>
}

/** Makes the keeper of schemas. */
export function openSchemas(pool: pg.Pool): Schemas {
  let current = ''
  const built = new Map<DataRole, Promise<Ready>>()
  return {
    of(role, version) {
      if (version !== current) {
        built.clear()
        current = version
      }
      const known = built.get(role)
      if (known !== undefined) return known
      const making = buildSchema(pool, role).then((made) => ({
        ...made,
        documents: new Documents(made.schema),
      }))
      built.set(role, making)
      making.catch(() => {
        if (built.get(role) === making) built.delete(role)
      })
      return making
    },
  }
}
