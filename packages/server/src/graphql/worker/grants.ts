/**
 * Makes grants binding for names. graphile-build-pg's own plugin keeps columns in the schema as long as no sibling can be
 * read, for the sake of functions; we have none, so a column that a role may not read is never named to it.
 */
import type { PgCodec } from '@dataplan/pg'
import 'graphile-build-pg'
import { sql } from 'pg-sql2'

/** Whether a role may read all of these columns. */
function readable(codec: PgCodec, names: readonly string[]): boolean {
  return names.every((name) => codec.attributes?.[name]?.extensions?.canSelect !== false)
}

/** A plugin that only takes away. */
export const grantsPlugin: GraphileConfig.Plugin = {
  name: 'CastellanGrantsPlugin',
  version: '1.0.0',
  gather: {
    hooks: {
      // Whether a row is there is seen by a column that the role may read; where it may read none that is never empty, every
      // row that came back is there, since relations go over keys that may be read.
      pgCodecs_PgCodec(_info, { pgCodec }) {
        if (pgCodec.attributes === undefined) return
        for (const attribute of Object.values(pgCodec.attributes)) {
          if (attribute.extensions?.canSelect === false) attribute.restrictedAccess = true
        }
        const sure = Object.entries(pgCodec.attributes).find(
          ([, { notNull, restrictedAccess }]) => notNull === true && restrictedAccess !== true,
        )?.[0]
        pgCodec.notNullExpression = (alias) =>
          sure === undefined ? sql`'true'` : sql`(not (${alias}.${sql.identifier(sure)} is null))::text`
      },
      // A key with a column that may not be read would tell of its values by finding a row or none; and lists, which are
      // put in the order of a key, could not be read at all.
      pgTables_PgResourceOptions(_info, { resourceOptions }) {
        const { codec, uniques = [] } = resourceOptions
        resourceOptions.uniques = uniques.filter(({ attributes }) => readable(codec, attributes))
      },
    },
  },
  schema: {
    entityBehavior: {
      pgCodecAttribute: {
        override: {
          provides: ['castellanGrants'],
          callback: (behavior, [codec, name]) =>
            codec.attributes[name]?.extensions?.canSelect === false
              ? [behavior, '-select', '-filterBy', '-orderBy']
              : [behavior],
        },
      },
      // A relation that goes over a column that may not be read would name it.
      pgCodecRelation: {
        override: {
          provides: ['castellanGrants'],
          callback: (behavior, { localCodec, localAttributes, remoteResource, remoteAttributes }) =>
            readable(localCodec, localAttributes) && readable(remoteResource.codec, remoteAttributes)
              ? [behavior]
              : [behavior, '-*'],
        },
      },
      pgResource: {
        override: {
          provides: ['castellanGrants'],
          callback(behavior, resource) {
            const { canSelect, canInsert, canUpdate, canDelete } = resource.extensions ?? {}
            const none = [canSelect, canInsert, canUpdate, canDelete].every((may) => may === false)
            return none ? [behavior, '-*'] : [behavior]
          },
        },
      },
    },
  },
}
