/**
 * What an operation would read at most: each field once for every row of the lists around it. A list without a size gets
 * the usual one written into the document, so that what is counted is what is read.
 */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  TypeInfo,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'grafast/graphql'
import { Refusal } from '../refusal.ts'

/** Rows of a list that is asked for without a size. */
export const usualPage = 100
/** Rows that a list may be asked for. */
export const mostPage = 1_000
/** Counting reads the whole list. */
const countCost = 100

/** Writes the usual size on every list that has none. */
export function withPages(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const types = new TypeInfo(schema)
  return visit(
    document,
    visitWithTypeInfo(types, {
      Field(node) {
        const pages = types.getFieldDef()?.args.some(({ name }) => name === 'first') === true
        if (!pages || sizeOf(node) !== undefined) return undefined
        const size = { kind: Kind.INT, value: String(usualPage) } as const
        const first = { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'first' }, value: size } as const
        return { ...node, arguments: [...(node.arguments ?? []), first] }
      },
    }),
  )
}

function sizeOf(node: FieldNode): ValueNode | undefined {
  return node.arguments?.find(({ name }) => name.value === 'first' || name.value === 'last')?.value
}

/** What an operation costs as a function of its variables; the function throws a `Refusal` for a page that is too large. */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): (variables: Readonly<Record<string, unknown>>) => number {
  const fixed = () => new Cost(schema, document, operation, {}).total()
  if (!hasVariablePages(document)) {
    const cost = fixed()
    return () => cost
  }
  return (variables) => new Cost(schema, document, operation, variables).total()
}

function hasVariablePages(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Field(node) {
      found ||= sizes(node).some(({ kind }) => kind === Kind.VARIABLE)
    },
  })
  return found
}

function sizes(node: FieldNode): ValueNode[] {
  return (node.arguments ?? []).flatMap(({ name, value }) =>
    name.value === 'first' || name.value === 'last' ? [value] : [],
  )
}

class Cost {
  readonly #schema: GraphQLSchema
  readonly #fragments: ReadonlyMap<string, { set: SelectionSetNode; on: string }>
  readonly #operation: OperationDefinitionNode
  readonly #variables: Readonly<Record<string, unknown>>
  readonly #known = new Map<string, number>()

  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Readonly<Record<string, unknown>>,
  ) {
    this.#schema = schema
    this.#operation = operation
    this.#variables = variables
    this.#fragments = new Map(
      document.definitions.flatMap((each) =>
        each.kind === Kind.FRAGMENT_DEFINITION
          ? [[each.name.value, { set: each.selectionSet, on: each.typeCondition.name.value }]]
          : [],
      ),
    )
  }

  total(): number {
    return this.#ofSet(this.#operation.selectionSet, this.#schema.getRootType(this.#operation.operation))
  }

  #ofSet(set: SelectionSetNode | undefined, type: GraphQLNamedType | null | undefined): number {
    let sum = 0
    for (const each of set?.selections ?? []) {
      if (each.kind === Kind.FIELD) sum += this.#ofField(each, type)
      else if (each.kind === Kind.FRAGMENT_SPREAD) sum += this.#ofFragment(each.name.value)
      else {
        const on = each.typeCondition?.name.value
        sum += this.#ofSet(each.selectionSet, on === undefined ? type : this.#schema.getType(on))
      }
    }
    return sum
  }

  #ofFragment(name: string): number {
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const fragment = this.#fragments.get(name)
    const cost = fragment === undefined ? 0 : this.#ofSet(fragment.set, this.#schema.getType(fragment.on))
    this.#known.set(name, cost)
    return cost
  }

  #ofField(node: FieldNode, parent: GraphQLNamedType | null | undefined): number {
    if (node.name.value.startsWith('__')) return 1 + this.#ofSet(node.selectionSet, null)
    const composite = isObjectType(parent) || isInterfaceType(parent)
    const field = composite ? parent.getFields()[node.name.value] : undefined
    const inner = this.#ofSet(node.selectionSet, field === undefined ? null : getNamedType(field.type))
    if (node.name.value === 'totalCount') return countCost
    const pages = field?.args.some(({ name }) => name === 'first') === true
    return 1 + inner * (pages ? this.#rows(node) : 1)
  }

  #rows(node: FieldNode): number {
    let rows = 0
    for (const value of sizes(node)) {
      const size = this.#value(value)
      if (!Number.isInteger(size) || size < 0 || size > mostPage) {
        throw new Refusal(
          'page_size',
          `Lists are read in pages of at most ${mostPage} rows. Give \`first\` as a number from 0 to ${mostPage}.`,
        )
      }
      rows = Math.max(rows, size)
    }
    return Math.max(rows, 1)
  }

  #value(value: ValueNode): number {
    if (value.kind === Kind.INT) return Number(value.value)
    if (value.kind !== Kind.VARIABLE) return Number.NaN
    const name = value.name.value
    if (Object.hasOwn(this.#variables, name)) return asNumber(this.#variables[name])
    const { variableDefinitions } = this.#operation
    const fallback = variableDefinitions?.find(({ variable }) => variable.name.value === name)?.defaultValue
    return fallback?.kind === Kind.INT ? Number(fallback.value) : Number.NaN
  }
}

function asNumber(value: unknown): number {
  return typeof value === 'number' ? value : Number.NaN
}
