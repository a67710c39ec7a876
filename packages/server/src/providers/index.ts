/** Signing in with an account somewhere else: providers as data, one flow for all, and whom an account lets in. */
export { catalogue } from './catalogue.ts'
export { endAccess, offered } from './connections.ts'
export { connectionRoutes, type ProviderDoors, providerAuthRoutes, providerRoutes } from './routes.ts'
export type { Endpoint, OAuth, ProviderRow } from './row.ts'
export type {
  Enter,
  KnownPerson,
  NewPerson,
  People,
  Profile,
  ProviderFetch,
  ProvidersOptions,
  StoredProvider,
  Visitor,
} from './types.ts'
