/** Who is asking: sessions, sign-in by password or link, the CLI's local token. */
export { answerEntered, arrivalOf, type Entered, readStep, sessionCookie } from './door.ts'
export { emailKey } from './email.ts'
export { hashPassword } from './hash.ts'
export { type IdentityService, makeIdentity } from './identity.ts'
export type { SignInLink } from './links.ts'
export { authRoutes, sessionRoutes } from './routes.ts'
export type { FirstProof, HalfSignedIn, SecondStep } from './second-step.ts'
export { type Arrival, makeSessions, type NewSession, type Sessions } from './sessions.ts'
export { hashOfToken, newToken } from './tokens.ts'
export {
  type BearerResolver,
  defaultLimits,
  type EndAccess,
  type IdentityEvent,
  type IdentityOptions,
  type RecordEvent,
  type SignInLimits,
  type SignInWay,
} from './types.ts'
