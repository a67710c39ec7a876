/** Refusals and failures as GraphQL says them: a message with what to do, and a code that programs switch on. */

/** Codes of errors in a GraphQL answer, beside those of the HTTP API. */
export const graphqlCodes = {
  bad_request: 'The request is not one GraphQL operation as JSON.',
  syntax: 'The document is not GraphQL.',
  not_in_schema: 'The document does not fit the schema of this role.',
  too_large: 'Document, variables or answer are over their limit.',
  too_deep: 'Fields are nested deeper than allowed.',
  too_costly: 'The operation would read too much at once.',
  too_many_aliases: 'More fields are renamed than allowed.',
  page_size: 'A list is asked for without a size, or for too many rows.',
  not_persisted: 'Only operations of db/operations are answered, and this is none of them.',
  introspection_refused: 'The schema is shown to the owner only.',
  not_allowed: 'The role may not do this, or not to this row.',
  not_found: 'There is no such row, or none that the role may change.',
  conflict: 'A row with this key is there already, or a row is still referred to.',
  invalid: 'A value does not fit its column.',
  timeout: 'Planning it, or the database, took too long.',
  try_again: 'Another change came between.',
  unavailable: 'The database cannot be reached.',
  internal: 'A fault of ours.',
} as const
export type GraphqlCode = keyof typeof graphqlCodes

/** One error of an answer. */
export interface GraphqlError {
  readonly message: string
  readonly locations?: readonly { readonly line: number; readonly column: number }[]
  readonly path?: readonly (string | number)[]
  readonly extensions: { readonly code: string }
}

/** A request that is not executed. */
export class Refusal extends Error {
  readonly errors: readonly GraphqlError[]

  constructor(code: GraphqlCode, message: string, errors?: readonly GraphqlError[]) {
    super(message)
    this.name = 'Refusal'
    this.errors = errors ?? [{ message, extensions: { code } }]
  }
}
