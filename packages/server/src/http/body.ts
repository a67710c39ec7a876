/**
 * Untrusted request bodies and queries to typed values. Everything that a route reads from a client comes through here:
 * JSON (a cross-site form cannot send it) of a bounded depth, with a refusal that names the paths, never the values; or a
 * file, as bytes.
 */
import { CastellanError } from '@castellan/contracts'
import type { Context } from 'hono'
import type * as z from 'zod'

/** Deeper JSON than this is refused before a recursive schema could run out of stack. */
const maxDepth = 64
const maxIssues = 8

/** The JSON body as the schema's type; throws `bad_request` naming the paths, `too_large` over the body limit. */
export async function parseBody<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const type = c.req.header('content-type') ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new CastellanError('bad_request', 'The body must be JSON.', {
      hint: 'send Content-Type: application/json',
    })
  }
  const value = parseJson(await read(() => c.req.text()))
  if (depthOver(value, maxDepth)) {
    throw new CastellanError('bad_request', `The body is nested deeper than ${maxDepth} levels.`)
  }
  return check(schema, value, 'body')
}

/** The query string as the schema's type; throws `bad_request` naming the parameters. A repeated parameter is refused. */
export function parseQuery<T>(c: Context, schema: z.ZodType<T>): T {
  const values: Record<string, string> = Object.create(null)
  for (const [name, all] of Object.entries(c.req.queries())) {
    const [first, ...more] = all
    if (first === undefined || more.length > 0) {
      throw new CastellanError('bad_request', `The query parameter ${shown(name)} is given more than once.`)
    }
    values[name] = first
  }
  return check(schema, { ...values }, 'query')
}

/** A body that is a file, whole. Its type is one that no cross-site form can send; `too_large` over the body limit. */
export async function readFileBody(c: Context): Promise<Buffer> {
  if (c.req.header('content-type') !== 'application/octet-stream') {
    throw new CastellanError('bad_request', 'The body must be the content of a file.', {
      hint: 'send Content-Type: application/octet-stream',
    })
  }
  return Buffer.from(await read(() => c.req.arrayBuffer()))
}

async function read<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof CastellanError) throw error
    throw new CastellanError('bad_request', 'The body ended before it was complete.', { cause: error })
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the body, which may hold a password.
    throw new CastellanError('bad_request', 'The body is not valid JSON.')
  }
}

function depthOver(root: unknown, limit: number): boolean {
  const open: [unknown, number][] = [[root, 1]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next
    if (typeof value !== 'object' || value === null) continue
    if (depth > limit) return true
    for (const child of Object.values(value)) open.push([child, depth + 1])
  }
  return false
}

function check<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issues = result.error.issues.slice(0, maxIssues).map((issue) => {
    const path = issue.path.map(String).join('.')
    return `${path === '' ? where : shown(path)}: ${shown(issue.message, 200)}`
  })
  throw new CastellanError(
    'bad_request',
    `The ${where} does not have the expected form. ${issues.join('; ')}`,
  )
}

/** A client's own text, short and printable, for an error message. */
function shown(text: string, limit = 60): string {
  const printable = text.replace(/[^\x20-\x7e]/g, '?')
  return printable.length > limit ? `${printable.slice(0, limit)}…` : printable
}
