/**
 * Comparisons in `condition`: beside equality, which is all that graphile-build-pg brings, `x_not`, `x_lt`, `x_lte`, `x_gt`,
 * `x_gte`, `x_in` and, for text, `x_like` for each column that may be filtered by. Values are parameters of the statement.
 */
import 'graphile-build-pg'
import {
  listOfCodec,
  type PgCodec,
  type PgCodecWithAttributes,
  type PgCondition,
  sqlValueWithCodec,
} from '@dataplan/pg'
import { type GraphQLInputFieldConfigMap, GraphQLList, GraphQLNonNull } from 'grafast/graphql'
import { sql } from 'pg-sql2'

const operators = {
  not: { sql: sql`is distinct from`, says: 'is not' },
  lt: { sql: sql`<`, says: 'is less than' },
  lte: { sql: sql`<=`, says: 'is at most' },
  gt: { sql: sql`>`, says: 'is greater than' },
  gte: { sql: sql`>=`, says: 'is at least' },
} as const

const texts = new Set(['text', 'varchar', 'citext', 'bpchar'])
/** Types without an order. */
const unordered = new Set(['bool', 'json', 'jsonb', 'xml', 'point', 'hstore'])

/** A plugin that adds input fields to conditions. */
export const comparisonsPlugin: GraphileConfig.Plugin = {
  name: 'CastellanComparisonsPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLInputObjectType_fields(fields, build, context) {
        const { isPgCondition, pgCodec } = context.scope
        if (isPgCondition !== true || pgCodec?.attributes === undefined) return fields
        const added: GraphQLInputFieldConfigMap = {}
        const table = pgCodec as PgCodecWithAttributes
        for (const [attribute, { codec }] of Object.entries(table.attributes)) {
          const scope = 'condition:attribute:filterBy'
          if (!build.behavior.pgCodecAttributeMatches([table, attribute], scope)) continue
          const name = build.inflection.attribute({ attributeName: attribute, codec: table })
          Object.assign(added, comparisonsOf(build, attribute, codec, name))
        }
        return build.extend(fields, added, 'Adding comparisons')
      },
    },
  },
}

function comparisonsOf(
  build: GraphileBuild.Build,
  attribute: string,
  codec: PgCodec,
  name: string,
): GraphQLInputFieldConfigMap {
  const type = build.getGraphQLTypeByPgCodec(codec, 'input')
  const plain =
    codec.arrayOfCodec === undefined && codec.attributes === undefined && codec.rangeOfCodec === undefined
  if (!plain || type === null || type === undefined || !build.graphql.isInputType(type)) return {}
  if (unordered.has(codec.name)) return {}
  const column = ($condition: PgCondition) => sql`${$condition.alias}.${sql.identifier(attribute)}`
  const fields: GraphQLInputFieldConfigMap = {}
  for (const [suffix, operator] of Object.entries(operators)) {
    fields[`${name}_${suffix}`] = field(`\`${name}\` ${operator.says} this.`, type, ($condition, value) =>
      $condition.where(sql`${column($condition)} ${operator.sql} ${sqlValueWithCodec(value, codec)}`),
    )
  }
  const list = listOfCodec(codec as PgCodec<string, undefined, unknown, unknown, undefined>)
  const many = new GraphQLList(new GraphQLNonNull(type))
  fields[`${name}_in`] = field(`\`${name}\` is one of these.`, many, ($condition, value) =>
    $condition.where(sql`${column($condition)} = any (${sqlValueWithCodec(value, list)})`),
  )
  if (texts.has(codec.name)) {
    const says = `\`${name}\` is like this, in capitals or not; \`%\` stands for anything.`
    fields[`${name}_like`] = field(says, type, ($condition, value) =>
      $condition.where(sql`${column($condition)} ilike ${sqlValueWithCodec(value, codec)}`),
    )
  }
  return fields
}

function field(
  description: string,
  type: GraphQLInputFieldConfigMap[string]['type'],
  apply: ($condition: PgCondition, value: unknown) => void,
): GraphQLInputFieldConfigMap[string] {
  return { description, type, extensions: { grafast: { apply } } }
}
