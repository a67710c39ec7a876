/**
 * Makes grants binding for names. graphile-build-pg's own plugin keeps columns in the schema as long as no sibling can be
 * read, for the sake of functions; we have none, so a column that a role may not read is never named to it.
 */
import 'graphile-build-pg'

/** A plugin that only takes away. */
export const grantsPlugin: GraphileConfig.Plugin = {
  name: 'CastellanGrantsPlugin',
  version: '1.0.0',
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
      // A key with a column that may not be read would tell of its values by finding a row or none.
      pgResourceUnique: {
        override: {
          provides: ['castellanGrants'],
          callback(behavior, [resource, unique]) {
            const readable = unique.attributes.every(
              (name) => resource.codec.attributes?.[name]?.extensions?.canSelect !== false,
            )
            return readable ? [behavior] : [behavior, '-*']
          },
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
