/** One request, from its bytes to the bytes of its answer. Nothing of it is parsed twice, nothing of the result at all. */
import { execute } from 'grafast'
import { type ExecutionResult, getVariableValues } from 'grafast/graphql'
import type pg from 'pg'
import * as z from 'zod'
import { answerLimit, type Envelope, unseal } from '../envelope.ts'
import { type GraphqlError, Refusal } from '../refusal.ts'
import { withSettings } from './database.ts'
import { masked } from './mask.ts'
import type { Operations } from './operations.ts'
import type { Schemas } from './schemas.ts'

export interface Parts {
  readonly pool: pg.Pool
  readonly schemas: Schemas
  readonly operations: Operations
  /** Hears of failures that are our own. */
  readonly report: (error: Error) => void
}

export interface Answer {
  readonly status: 200 | 400
  readonly body: Buffer
}

/** Longer variables belong into a table. */
const mostVariables = 131_072

const Request = z.object({
  query: z.string().optional(),
  /** SHA-256 of a persisted operation, with or without `sha256:` before it. */
  documentId: z.string().max(100).optional(),
  operationName: z.string().max(200).nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  extensions: z
    .object({ persistedQuery: z.object({ sha256Hash: z.string().max(100) }).optional() })
    .nullish(),
})

/** Answers one request of the server; rejects only when the database cannot be asked for the schema. */
export async function answerRequest(parts: Parts, request: Buffer): Promise<Answer> {
  const { envelope, body } = unseal(request)
  try {
    return await answerOf(parts, envelope, body)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return {
      status: 400,
      body: Buffer.from(JSON.stringify({ errors: told(error.errors, envelope.introspect) })),
    }
  }
}

async function answerOf(parts: Parts, envelope: Envelope, body: Buffer): Promise<Answer> {
  const { role, version, settings, introspect, limits } = envelope
  const asked = readRequest(body)
  const hash = asked.documentId ?? asked.extensions?.persistedQuery?.sha256Hash
  const text = await parts.operations.textOf(asked.query, hash, introspect)
  const { schema, preset, documents } = await parts.schemas.of(role, version)
  const { document, operation, cost } = documents.find(text, asked.operationName ?? null, limits, introspect)
  const given = getVariableValues(schema, operation.variableDefinitions ?? [], asked.variables ?? {}, {
    maxErrors: 10,
  })
  if (given.errors !== undefined) {
    const errors = given.errors.map(({ message }) => ({ message, extensions: { code: 'invalid' } }))
    throw new Refusal('invalid', errors[0]?.message ?? '', errors)
  }
  const price = cost(given.coerced)
  if (!(price <= limits.cost)) {
    throw new Refusal(
      'too_costly',
      `This would read up to ${price} values; ${limits.cost} is allowed. Ask for smaller pages or fewer fields.`,
    )
  }
  const result = await execute({
    schema,
    document,
    operationName: operation.name?.value ?? null,
    variableValues: asked.variables ?? {},
    // A new object each time: @dataplan/pg keeps what it read beside the settings it was read under.
    contextValue: {
      pgSettings: { ...settings },
      withPgClient: withSettings(parts.pool, settings, operation.operation === 'query'),
    },
    resolvedPreset: preset,
    requestContext: {},
    outputDataAsString: true,
  })
  if (Symbol.asyncIterator in result)
    throw new Refusal('bad_request', 'Answers come in one piece. Leave out what streams.')
  return { status: 200, body: serialised(result, parts.report) }
}

function readRequest(body: Buffer): z.infer<typeof Request> {
  const value = parsed(body)
  if (Array.isArray(value)) {
    throw new Refusal(
      'bad_request',
      'Several operations in one request are not answered. Send one request for each.',
    )
  }
  const found = Request.safeParse(value)
  if (!found.success) {
    throw new Refusal(
      'bad_request',
      'The body must be {"query": "…", "variables": {…}, "operationName": "…"}.',
    )
  }
  const { variables } = found.data
  if (variables && JSON.stringify(variables).length > mostVariables) {
    throw new Refusal(
      'too_large',
      `The variables come to more than ${mostVariables} characters. Send them in several requests.`,
    )
  }
  return found.data
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new Refusal('bad_request', 'The body is not JSON.')
  }
}

/** grafast gives the data as text already, which goes out as it is. */
function serialised({ data, errors }: ExecutionResult, report: (error: Error) => void): Buffer {
  const text = typeof data === 'string' ? data : JSON.stringify(data ?? null)
  const failed =
    errors === undefined ? '' : `,"errors":${JSON.stringify(errors.map((each) => masked(each, report)))}`
  const body = Buffer.from(`{"data":${text}${failed}}`)
  if (body.byteLength <= answerLimit) return body
  throw new Refusal(
    'too_large',
    `The answer has more than ${answerLimit} bytes. Ask for smaller pages or fewer fields.`,
  )
}

/** Guesses of the library name what a caller did not. */
function told(errors: readonly GraphqlError[], introspect: boolean): readonly GraphqlError[] {
  if (introspect) return errors
  return errors.map((each) => ({ ...each, message: each.message.replace(/ Did you mean [\s\S]*$/, '') }))
}
