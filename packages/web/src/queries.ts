/** What the page keeps in its cache, by key: one place for the keys, so that live events and rooms mean the same. */
import { infiniteQueryOptions, QueryClient, queryOptions, skipToken } from '@tanstack/react-query'
import * as api from './api.ts'
import { loadConversation } from './chat/load.ts'

/** The one cache. Live events keep it fresh, so nothing is fetched again on every focus. */
export const client = new QueryClient({
  defaultOptions: {
    queries: { retry: 1, staleTime: 15_000, refetchOnWindowFocus: false },
    mutations: { retry: 0 },
  },
})

export const authQuery = queryOptions({
  queryKey: ['auth'],
  queryFn: api.auth.state,
  staleTime: Number.POSITIVE_INFINITY,
})
export const noticesQuery = queryOptions({ queryKey: ['notices'], queryFn: api.notices })
export const overviewQuery = queryOptions({ queryKey: ['overview'], queryFn: api.overview })
export const conversationsQuery = queryOptions({
  queryKey: ['conversations'],
  queryFn: api.conversations.list,
})
export const conversationQuery = (id: string) =>
  queryOptions({ queryKey: ['conversation', id], queryFn: () => loadConversation(id) })
/** A run that has ended; it does not change any more. */
export const endedRunQuery = (run: string | null) =>
  queryOptions({
    queryKey: ['run', run],
    queryFn: run === null ? skipToken : () => api.conversations.run(run),
    staleTime: 60_000,
  })
/** One question as it stands or ended; what it shows of its places never changes. */
export const questionQuery = (id: string | undefined) =>
  queryOptions({
    queryKey: ['question', id],
    queryFn: id === undefined ? skipToken : () => api.questions.get(id),
    staleTime: 60_000,
  })
export const questionsQuery = queryOptions({ queryKey: ['questions'], queryFn: api.questions.open })
export const verifyQuery = queryOptions({
  queryKey: ['verify'],
  queryFn: api.ledger.verify,
  staleTime: 60_000,
})
export const modelsQuery = queryOptions({ queryKey: ['models'], queryFn: api.models.list })
export const discoverQuery = queryOptions({
  queryKey: ['discover'],
  queryFn: api.models.discover,
  staleTime: 30_000,
})
export const settingsQuery = queryOptions({ queryKey: ['settings'], queryFn: api.settings.options })
export const secretsQuery = queryOptions({ queryKey: ['secrets'], queryFn: api.settings.secrets })
export const callersQuery = queryOptions({ queryKey: ['callers'], queryFn: api.callers.list })
export const sessionsQuery = queryOptions({ queryKey: ['sessions'], queryFn: api.settings.sessions })
export const policyQuery = queryOptions({ queryKey: ['policy'], queryFn: api.policy.view })
export const checkQuery = (text: string) =>
  queryOptions({ queryKey: ['policy-check', text], queryFn: () => api.policy.check(text), gcTime: 60_000 })
export const replayQuery = (text: string) =>
  queryOptions({ queryKey: ['policy-replay', text], queryFn: () => api.policy.replay(text) })
export const tryQuery = (text: string, seq: number | null) =>
  queryOptions({
    queryKey: ['policy-try', text, seq],
    queryFn: seq === null ? skipToken : () => api.policy.tryOn(text, seq),
  })
export const whyQuery = (seq: number) =>
  queryOptions({ queryKey: ['policy-why', seq], queryFn: () => api.policy.why(seq) })
/** The newest calls that were decided, to try rules on. */
export const pastCallsQuery = queryOptions({
  queryKey: ['past-calls'],
  queryFn: async () => {
    const kinds = ['decision', 'intent'] as const
    const pages = await Promise.all(kinds.map((kind) => api.ledger.page({ kind }, null, 25)))
    return pages.flatMap((page) => page.rows).sort((a, b) => b.seq - a.seq)
  },
})
export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: api.health,
  refetchInterval: 15_000,
})
export const ledgerRowQuery = (seq: number) =>
  queryOptions({ queryKey: ['ledger-row', seq], queryFn: () => api.ledger.row(seq), staleTime: 60_000 })

/** Rows of one page of the ledger. */
export const ledgerPageSize = 200

export const ledgerQuery = (filter: api.LedgerFilter) =>
  infiniteQueryOptions({
    queryKey: ['ledger', filter],
    queryFn: ({ pageParam }) => api.ledger.page(filter, pageParam, ledgerPageSize),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.next,
  })
