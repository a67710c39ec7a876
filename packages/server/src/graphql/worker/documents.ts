/** Documents made ready once and used again: parsed, counted, validated, with sizes on every list. */
import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  specifiedRules,
  validate,
} from 'grafast/graphql'
import type { Limits } from '../envelope.ts'
import { Refusal } from '../refusal.ts'
import { costOf, withPages } from './cost.ts'
import { checkForm, parseDocument } from './form.ts'

/** An operation that may be executed. */
export interface Ready {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly cost: (variables: Readonly<Record<string, unknown>>) => number
}

interface Prepared {
  readonly document: DocumentNode
  readonly operations: readonly Ready[]
}

const mostKept = 500
/** Longer ones are rare, and would let a few texts fill the memory. */
const longestKept = 20_000

/** The documents of one schema. */
export class Documents {
  readonly #schema: GraphQLSchema
  readonly #kept = new Map<string, Prepared>()

  constructor(schema: GraphQLSchema) {
    this.#schema = schema
  }

  /** The operation to execute; throws a `Refusal`. */
  find(text: string, name: string | null, limits: Limits, introspect: boolean): Ready {
    // What is allowed is part of the key: a kept document was checked under these very limits.
    const key = `${limits.depth}:${introspect ? 'i' : ''}:${text}`
    const { operations } = this.#kept.get(key) ?? this.#keep(key, this.#prepare(text, limits, introspect))
    const named =
      name === null ? operations : operations.filter(({ operation }) => operation.name?.value === name)
    const [found, ...more] = named
    if (found === undefined || more.length > 0) {
      throw new Refusal(
        'bad_request',
        'The document does not hold exactly one operation of this name. Give `operationName`.',
      )
    }
    return found
  }

  #keep(key: string, prepared: Prepared): Prepared {
    if (key.length > longestKept) return prepared
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= mostKept && oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(key, prepared)
    return prepared
  }

  #prepare(text: string, limits: Limits, introspect: boolean): Prepared {
    const parsed = parseDocument(text)
    checkForm(parsed, limits, introspect)
    for (const each of parsed.definitions) {
      // Validation does not look whether there is such a root at all.
      if (each.kind === Kind.OPERATION_DEFINITION && !this.#schema.getRootType(each.operation)) {
        throw new Refusal(
          'not_in_schema',
          `Your role has no ${each.operation}. Ask the owner for the permission.`,
        )
      }
    }
    const errors = validate(this.#schema, parsed, specifiedRules, {
      maxErrors: 10,
      hideSuggestions: !introspect,
    })
    if (errors.length > 0) {
      const told = errors.map(({ message, locations = [] }) => ({
        message,
        locations: locations.map(({ line, column }) => ({ line, column })),
        extensions: { code: 'not_in_schema' },
      }))
      throw new Refusal('not_in_schema', told[0]?.message ?? '', told)
    }
    const document = withPages(this.#schema, parsed)
    const operations = document.definitions.flatMap((each) =>
      each.kind === Kind.OPERATION_DEFINITION ? [each] : [],
    )
    return {
      document,
      operations: operations.map((operation) => ({
        document,
        operation,
        cost: costOf(this.#schema, document, operation),
      })),
    }
  }
}
