/** Asking /graphql from the page: what was answered, how long it took, and what is wrong with its place in the text. */
import * as z from 'zod'

/** The roles that a query can be tried in. */
export const triedRoles = ['owner', 'member', 'viewer', 'anonymous'] as const
export type TriedRole = (typeof triedRoles)[number]

const Problem = z.object({
  message: z.string(),
  locations: z.array(z.object({ line: z.number(), column: z.number() })).optional(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.object({ code: z.string(), hint: z.string().optional() }).optional(),
})
export type Problem = z.infer<typeof Problem>

const Answer = z.object({ data: z.unknown().optional(), errors: z.array(Problem).optional() })

/** What became of one query. */
export interface Asked {
  readonly data: unknown
  readonly problems: readonly Problem[]
  /** From sending to the last byte, in milliseconds. */
  readonly ms: number
}

const failed = (message: string, ms: number): Asked => ({ data: undefined, problems: [{ message }], ms })

/** Sends a query. Every failure is among the problems of what comes back. */
export const askGraphql = async (
  query: string,
  variables: unknown,
  role: TriedRole,
  signal?: AbortSignal,
): Promise<Asked> => {
  const began = performance.now()
  const since = () => performance.now() - began
  try {
    const response = await fetch('/graphql', {
      ...{ method: 'POST', credentials: 'same-origin', redirect: 'error' },
      ...(signal === undefined ? {} : { signal }),
      headers: { 'content-type': 'application/json', 'x-hasura-role': role },
      body: JSON.stringify({ query, variables }),
    })
    const parsed = Answer.safeParse(await response.json())
    if (!parsed.success) return failed('The answer is not one of GraphQL. Load the page again.', since())
    return { data: parsed.data.data, problems: parsed.data.errors ?? [], ms: since() }
  } catch {
    return failed(
      'Castellan does not answer. Nothing was changed; check that it runs, and try again.',
      since(),
    )
  }
}
