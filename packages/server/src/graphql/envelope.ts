/**
 * What the server and its GraphQL worker say to each other. A request is one line of JSON, what the server vouches for,
 * and behind it the caller's body as it came: nobody parses it but the process that has nothing to lose.
 */
import * as z from 'zod'
import { dataRoles } from '../database/roles.ts'

/** Where the worker listens for requests; besides, nothing is there. */
export const executeTarget = '/execute'
/** Where it announces itself to the server. */
export const readyTarget = '/internal/graphql/ready'

/** Bytes that a caller's body may have. */
export const bodyLimit = 262_144
/** Bytes that an answer may have; a larger one is refused with the advice to read less at once. */
export const answerLimit = 16_777_216

/** What an operation may cost. */
export const Limits = z.strictObject({
  /** Fields inside fields. */
  depth: z.int().min(1).max(50),
  /** Fields times rows, at most. */
  cost: z.int().min(1).max(100_000_000),
})
export type Limits = z.infer<typeof Limits>

/** The first line of a request: who asks, in the words of PostgreSQL's settings, and what is in force. */
export const Envelope = z.strictObject({
  role: z.enum(dataRoles),
  settings: z.record(z.string(), z.string()),
  /** Changes with schema and permissions; another than the last one has the schema built again. */
  version: z.string(),
  /** Whether the caller may look at the schema itself. */
  introspect: z.boolean(),
  limits: Limits,
})
export type Envelope = z.infer<typeof Envelope>

const key = z.base64url().length(43)

/** What the worker is given over stdin, on one line; nothing of it is in its environment or arguments. */
export const WorkerConfig = z.strictObject({
  apiUrl: z.string(),
  /** `server>graphql`, to check calls; `graphql>server`, to sign answers and the announcement. */
  keys: z.strictObject({ calls: key, answers: key }),
  socket: z.string(),
  server: z.strictObject({ url: z.string(), certificate: z.string().nullable() }),
  statementTimeoutMs: z.int().positive(),
  connections: z.int().positive(),
  operations: z.strictObject({ directory: z.string(), required: z.boolean() }),
})
export type WorkerConfig = z.infer<typeof WorkerConfig>

/** The body of the announcement. */
export const Ready = z.strictObject({ pid: z.int().positive() })

/** Puts a request together. */
export function seal(envelope: Envelope, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(envelope)}\n`), body])
}

/** Takes it apart; throws for what the server would not have sent. */
export function unseal(request: Buffer): { readonly envelope: Envelope; readonly body: Buffer } {
  const end = request.indexOf(10)
  return {
    envelope: Envelope.parse(JSON.parse(request.toString('utf8', 0, end))),
    body: request.subarray(end + 1),
  }
}
