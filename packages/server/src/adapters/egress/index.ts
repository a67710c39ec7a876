/** The only place that opens connections to the outside: for skills (`createEgress`) and for model providers. */
export { isLocalUrl } from '@castellan/kernel'
export type { Resolve } from './dial.ts'
export { type ProviderFetchOptions, providerFetch } from './provider.ts'
export { createEgress, type EgressOptions } from './request.ts'
export { type SignInFetchOptions, signInFetch } from './sign-in.ts'
