/** Failures of the HTTP side of /graphql in GraphQL's form, with the status that the registry of codes gives them. */
import { type CastellanError, errorCodes } from '@castellan/contracts'

export interface GraphqlFailure {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly error: { readonly message: string; readonly extensions: Readonly<Record<string, string>> }
}

/** What is answered for a failure; `hint` says what to do. */
export function graphqlFailure({ code, message, hint, details }: CastellanError): GraphqlFailure {
  const status = errorCodes[code].http
  const retry = details['retryAfterMs']
  return {
    status,
    headers: {
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(typeof retry === 'number' ? { 'retry-after': String(Math.ceil(retry / 1000)) } : {}),
    },
    error: { message, extensions: { code, ...(hint === undefined ? {} : { hint }) } },
  }
}
