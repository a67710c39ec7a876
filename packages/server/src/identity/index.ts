/** Who is asking: sessions, sign-in by password or link, the CLI's local token. */
export { type IdentityService, makeIdentity } from './identity.ts'
export type { SignInLink } from './links.ts'
export { authRoutes, sessionRoutes } from './routes.ts'
export type { Arrival, NewSession, Sessions } from './sessions.ts'
export {
  defaultLimits,
  type IdentityEvent,
  type IdentityOptions,
  type RecordEvent,
  type SignInLimits,
} from './types.ts'
