/**
 * What a caller hears of a failure: a code and general words. Texts of PostgreSQL name constraints, columns and values,
 * perhaps of rows that are not the caller's; they stay here.
 */
import type { GraphQLError } from 'grafast/graphql'
import type { GraphqlCode, GraphqlError } from '../refusal.ts'

const words = {
  not_allowed: 'Your role may not do this, or not to this row. Nothing was changed.',
  not_found: 'There is no such row, or none that your role may change. Nothing was changed.',
  conflict: 'A row with this key is there already, or the row is still referred to. Nothing was changed.',
  invalid: 'A value does not fit its column, or refers to a row that is not there. Nothing was changed.',
  timeout: 'This took too long and was stopped. Ask for less, or narrow it by `condition`.',
  try_again: 'Another change came between. Nothing was changed; send it again.',
  unavailable: 'The database cannot be reached. Send it again in a moment.',
  internal: 'Castellan failed to answer this. The owner finds more in the log.',
} as const satisfies Partial<Record<GraphqlCode, string>>

/** Codes by SQLSTATE or its class; the longest that fits counts. */
const states: Readonly<Record<string, keyof typeof words>> = {
  '42501': 'not_allowed',
  '25006': 'not_allowed',
  '44': 'not_allowed',
  '23505': 'conflict',
  '23P01': 'conflict',
  '23001': 'conflict',
  '23503': 'invalid',
  '23': 'invalid',
  '22': 'invalid',
  P0001: 'not_allowed',
  '57014': 'timeout',
  '55P03': 'timeout',
  '25P03': 'timeout',
  '40': 'try_again',
  '08': 'unavailable',
  '53': 'unavailable',
  '57P': 'unavailable',
}

/** The error as it may be told; `report` hears of what is our own fault. */
export function masked(error: GraphQLError, report: (error: Error) => void): GraphqlError {
  const code = codeOf(error)
  if (code === 'internal' || code === 'unavailable') report(error.originalError ?? error)
  return {
    message: words[code],
    ...(error.locations === undefined
      ? {}
      : { locations: error.locations.map(({ line, column }) => ({ line, column })) }),
    ...(error.path === undefined ? {} : { path: error.path }),
    extensions: { code },
  }
}

function codeOf({ originalError }: GraphQLError): keyof typeof words {
  const state = String((originalError as { code?: unknown } | undefined)?.code ?? '')
  const found = [5, 3, 2].map((length) => states[state.slice(0, length)]).find((each) => each !== undefined)
  if (found !== undefined) return found
  const text = originalError?.message ?? ''
  // The libraries give these no code.
  if (/^No values were (updated|deleted)/.test(text)) return 'not_found'
  if (/took too long to plan/.test(text)) return 'timeout'
  return /timeout exceeded when trying to connect|Connection terminated|ECONN|ENOENT/.test(text)
    ? 'unavailable'
    : 'internal'
}
