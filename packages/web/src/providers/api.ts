/** The doors of signing in with accounts elsewhere, as this page uses them. */
import {
  ConnectionList,
  Departure,
  type NewProvider,
  ProviderList,
  type ProviderPatch,
  ProviderTest,
  ProviderView,
} from '@castellan/contracts'
import { queryOptions } from '@tanstack/react-query'
import { anything, ask } from '../http.ts'

const part = encodeURIComponent

export const providers = {
  list: () => ask(ProviderList, '/api/providers'),
  add: (body: NewProvider) => ask(ProviderView, '/api/providers', { method: 'POST', body }),
  change: (name: string, body: ProviderPatch) =>
    ask(ProviderView, `/api/providers/${part(name)}`, { method: 'PATCH', body }),
  remove: (name: string) => ask(anything, `/api/providers/${part(name)}`, { method: 'DELETE' }),
  test: (name: string) =>
    ask(ProviderTest, `/api/providers/${part(name)}/test`, { method: 'POST', body: {} }),
}

export const connections = {
  list: () => ask(ConnectionList, '/api/account/connections'),
  begin: (provider: string) =>
    ask(Departure, '/api/account/connections', { method: 'POST', body: { provider } }),
  remove: (id: string) => ask(anything, `/api/account/connections/${part(id)}`, { method: 'DELETE' }),
}

export const providersQuery = queryOptions({ queryKey: ['providers'], queryFn: providers.list })
export const connectionsQuery = queryOptions({ queryKey: ['connections'], queryFn: connections.list })
