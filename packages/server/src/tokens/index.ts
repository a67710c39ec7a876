/** Tokens: access tokens and their keys, refresh tokens, personal tokens, apps that sign people in. */
export { oauthRoutes } from './oauth-routes.ts'
export { tokenRoutes } from './routes.ts'
export { type DeviceGrant, makeTokens, type Tokens } from './service.ts'
export type { TokenOptions, TokenSettings } from './types.ts'
export { wellKnownRoutes } from './well-known-routes.ts'
