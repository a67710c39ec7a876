/**
 * The GraphQL schema of one role, built from what that role was granted: a table, a column or a mutation that it has no
 * right to has no name in it. Composed without a server and without an editor: nothing here listens or serves pages.
 */

import { makePgService } from '@dataplan/pg/adaptors/pg'
import { constant } from 'grafast'
import type { GraphQLSchema } from 'grafast/graphql'
import { defaultPreset as graphqlPreset, makeSchema } from 'graphile-build'
import { defaultPreset as postgresPreset } from 'graphile-build-pg'
import type pg from 'pg'
import { type DataRole, databaseRole } from '../../database/roles.ts'
import { comparisonsPlugin } from './comparisons.ts'
import { grantsPlugin } from './grants.ts'
import { namesPlugin } from './names.ts'

/** Global ids, re-entry into Query from a payload, subscriptions, and functions of the schema, which no permission names. */
const leftOut = [
  'NodePlugin',
  'AddNodeInterfaceToSuitableTypesPlugin',
  'NodeIdCodecBase64JSONPlugin',
  'NodeIdCodecPipeStringPlugin',
  'RegisterQueryNodePlugin',
  'NodeAccessorPlugin',
  'PgNodeIdAttributesPlugin',
  'PgTableNodePlugin',
  'MutationPayloadQueryPlugin',
  'SubscriptionPlugin',
  'PgJWTPlugin',
  'PgProceduresPlugin',
  'PgCustomTypeFieldPlugin',
  'PgEnumTablesPlugin',
  'PgIndexBehaviorsPlugin',
] as const satisfies readonly (keyof GraphileConfig.Plugins)[]

/** `{ role }` answers for which role the schema was made, and gives a schema to roles that may read nothing. */
function rolePlugin(role: string): GraphileConfig.Plugin {
  return {
    name: 'CastellanRolePlugin',
    version: '1.0.0',
    schema: {
      hooks: {
        GraphQLObjectType_fields(fields, build, context) {
          if (context.scope.isRootQuery !== true) return fields
          const { GraphQLNonNull, GraphQLString } = build.graphql
          const field = {
            description: 'The role that this schema was made for.',
            type: new GraphQLNonNull(GraphQLString),
            plan: () => constant(role),
          }
          return build.extend(fields, { role: field }, 'Adding the role')
        },
      },
    },
  }
}

/** What a query is executed with. */
export interface Built {
  readonly schema: GraphQLSchema
  readonly preset: GraphileConfig.ResolvedPreset
}

/** Builds the schema of a role over schema `app`; rejects when the role or the schema is not there. */
export async function buildSchema(pool: pg.Pool, role: DataRole): Promise<Built> {
  const service = makePgService({
    pool,
    schemas: ['app'],
    pubsub: false,
    pgSettingsForIntrospection: { role: databaseRole(role) },
  })
  const { schema, resolvedPreset } = await makeSchema({
    extends: [graphqlPreset, postgresPreset],
    plugins: [namesPlugin, grantsPlugin, comparisonsPlugin, rolePlugin(role)],
    disablePlugins: [...leftOut],
    pgServices: [service],
    schema: { defaultBehavior: '+connection +list' },
    gather: { installWatchFixtures: false },
    grafast: { explain: false, timeouts: { planning: 500, execution: 30_000 } },
  })
  return { schema, preset: resolvedPreset }
}
