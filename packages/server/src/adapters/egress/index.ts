/** The only place that opens connections to the outside: for skills (`createEgress`) and for model providers. */
export { isLocalUrl } from '@castellan/kernel'
export { type ProviderFetchOptions, providerFetch } from './provider.ts'
