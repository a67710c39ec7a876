/** The doors of tokens as this page uses them, and their queries. */
import {
  type AuthorizationRequest,
  Clients,
  ClientView,
  ConsentResult,
  ConsentView,
  Grants,
  type NewClient,
  NewPersonalToken,
  type NewPersonalTokenRequest,
  PersonalTokens,
} from '@castellan/contracts'
import { queryOptions } from '@tanstack/react-query'
import type * as z from 'zod'
import { anything, ask } from '../http.ts'

const part = encodeURIComponent
const post = (body: unknown) => ({ method: 'POST', body }) as const
const gone = { method: 'DELETE' } as const

/** Personal tokens, signed-in apps, registered apps, and the yes to one. */
export const tokens = {
  make: (wanted: z.input<typeof NewPersonalTokenRequest>) =>
    ask(NewPersonalToken, '/api/tokens', post(wanted)),
  revoke: (id: string) => ask(anything, `/api/tokens/${part(id)}`, gone),
  signOut: (id: string) => ask(anything, `/api/grants/${part(id)}`, gone),
  register: (wanted: z.input<typeof NewClient>) => ask(ClientView, '/api/clients', post(wanted)),
  remove: (id: string) => ask(anything, `/api/clients/${part(id)}`, gone),
  decide: (request: AuthorizationRequest, allow: boolean) =>
    ask(ConsentResult, '/api/authorize', post({ request, allow })),
}

export const personalQuery = queryOptions({
  queryKey: ['personal-tokens'],
  queryFn: async () => (await ask(PersonalTokens, '/api/tokens')).tokens,
})
export const grantsQuery = queryOptions({
  queryKey: ['grants'],
  queryFn: async () => (await ask(Grants, '/api/grants')).grants,
})
export const clientsQuery = queryOptions({
  queryKey: ['clients'],
  queryFn: async () => (await ask(Clients, '/api/clients')).clients,
})
export const consentQuery = (query: string) =>
  queryOptions({
    queryKey: ['consent', query],
    queryFn: () => ask(ConsentView, `/api/authorize?${query}`),
    retry: false,
  })
