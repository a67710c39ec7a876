/**
 * Tokens as others meet them: personal tokens, signed-in apps, registered apps, the consent to one, and the OAuth answers
 * of /auth/token. A token's value appears in the one answer that makes it and nowhere else.
 */
import * as z from 'zod'

const id = z.uuid()
const time = z.iso.datetime()
const name = z.string().trim().min(1).max(80)

/** What a token may be used for; which routes that opens stands in the authority table. */
export const scopes = Object.freeze(['read', 'chat', 'approve', 'data'] as const)
export const Scope = z.enum(scopes)
export type Scope = z.infer<typeof Scope>

/** One or more scopes, each once. */
export const ScopeSet = z
  .array(Scope)
  .min(1)
  .max(scopes.length)
  .refine((all) => new Set(all).size === all.length, 'names a scope twice')

// --- personal tokens --------------------------------------------------------------------------------------------

/** A personal token without its value. */
export const PersonalTokenView = z.strictObject({
  id,
  name: z.string(),
  scopes: z.array(Scope),
  created_at: time,
  expires_at: time.nullable(),
  last_used_at: time.nullable(),
  last_address: z.string().nullable(),
})
export type PersonalTokenView = z.infer<typeof PersonalTokenView>

/** GET /api/tokens → the sender's own, newest first; DELETE /api/tokens/:id → 204. */
export const PersonalTokens = z.strictObject({ tokens: z.array(PersonalTokenView) })

/** POST /api/tokens → NewPersonalToken. Needs a fresh factor. `days` unset: it does not expire. */
export const NewPersonalTokenRequest = z.strictObject({
  name,
  scopes: ScopeSet,
  days: z.number().int().min(1).max(3650).optional(),
})

/** The value, shown this once. */
export const NewPersonalToken = z.strictObject({ token: z.string(), view: PersonalTokenView })
export type NewPersonalToken = z.infer<typeof NewPersonalToken>

// --- apps that are signed in ------------------------------------------------------------------------------------

/** A family of refresh tokens: one app on one machine, signed in as the sender. */
export const GrantView = z.strictObject({
  id,
  /** Name of the app; of a token minted for a test, what it was minted for. */
  name: z.string(),
  /** Undefined for a token that was minted for a test. */
  client: z.string().optional(),
  scopes: z.array(Scope),
  created_at: time,
  last_used_at: time,
  expires_at: time,
  address: z.string(),
  user_agent: z.string(),
})
export type GrantView = z.infer<typeof GrantView>

/** GET /api/grants → the sender's own, newest first; DELETE /api/grants/:id → 204, and its tokens end at once. */
export const Grants = z.strictObject({ grants: z.array(GrantView) })

// --- registered apps --------------------------------------------------------------------------------------------

/** The name of an app as programs write it. */
export const ClientId = z.string().regex(/^[a-z0-9][a-z0-9._-]{1,63}$/, 'must be 2–64 of a-z 0-9 . _ -')

/** An app that may ask people to sign in. */
export const ClientView = z.strictObject({
  id: z.string(),
  name: z.string(),
  redirect_uris: z.array(z.string()),
  created_at: time,
})
export type ClientView = z.infer<typeof ClientView>

/** GET /api/clients → all; POST /api/clients → ClientView; DELETE /api/clients/:id → 204, and it is signed out everywhere. */
export const Clients = z.strictObject({ clients: z.array(ClientView) })
export const NewClient = z.strictObject({
  id: ClientId,
  name,
  redirect_uris: z.array(z.string().min(1).max(500)).min(1).max(10),
})

// --- consent ----------------------------------------------------------------------------------------------------

const text = z.string().max(500)

/** What an app puts into the address of /auth/authorize (RFC 6749, section 4.1.1; RFC 7636, section 4.3); others are ignored. */
export const AuthorizationRequest = z.object({
  response_type: text.optional(),
  client_id: text.optional(),
  redirect_uri: text.optional(),
  scope: text.optional(),
  state: text.optional(),
  code_challenge: text.optional(),
  code_challenge_method: text.optional(),
})
export type AuthorizationRequest = z.infer<typeof AuthorizationRequest>

/** GET /api/authorize?… → who asks, and for what, before anything is granted. */
export const ConsentView = z.strictObject({
  client: z.strictObject({ id: z.string(), name: z.string() }),
  scopes: z.array(Scope),
  /** Where the answer goes, as registered. */
  redirect_uri: z.string(),
})
export type ConsentView = z.infer<typeof ConsentView>

/** POST /api/authorize → where the browser goes next. A yes needs a fresh factor. */
export const ConsentAnswer = z.strictObject({ request: AuthorizationRequest, allow: z.boolean() })
export const ConsentResult = z.strictObject({ redirect: z.string() })

// --- /auth/token ------------------------------------------------------------------------------------------------

/** POST /auth/token (open), as a form or JSON (RFC 6749, sections 4.1.3 and 6). */
export const TokenRequest = z.object({
  grant_type: text.optional(),
  client_id: text.optional(),
  code: text.optional(),
  redirect_uri: text.optional(),
  code_verifier: text.optional(),
  refresh_token: text.optional(),
  scope: text.optional(),
})
export type TokenRequest = z.infer<typeof TokenRequest>

/** Its answer (RFC 6749, section 5.1); `expires_in` in seconds. */
export const TokenAnswer = z.strictObject({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int(),
  refresh_token: z.string(),
  scope: z.string(),
})
export type TokenAnswer = z.infer<typeof TokenAnswer>

/** How /auth/token and /auth/revoke fail (RFC 6749, section 5.2), unlike every other door. */
export const OAuthError = z.strictObject({
  error: z.enum([
    'invalid_request',
    'invalid_client',
    'invalid_grant',
    'unauthorized_client',
    'unsupported_grant_type',
    'unsupported_response_type',
    'unsupported_token_type',
    'invalid_scope',
    'access_denied',
  ]),
  error_description: z.string(),
})
export type OAuthError = z.infer<typeof OAuthError>

/** POST /auth/revoke (open, RFC 7009) → 200 whether the token was known or not. */
export const RevokeRequest = z.object({
  token: z.string().max(8192).optional(),
  token_type_hint: text.optional(),
  client_id: text.optional(),
})

// --- the house's own -------------------------------------------------------------------------------------------

/** POST /api/tokens/mint (local token only): an access token for a test, as a person, perhaps in a lower role. */
export const MintRequest = z.strictObject({
  /** Id or e-mail address of a person; the owner of the tenant when unset. */
  person: z.string().min(1).max(320).optional(),
  tenant: id.optional(),
  role: z.enum(['owner', 'member', 'viewer']).optional(),
  scopes: ScopeSet.optional(),
  minutes: z.number().int().min(1).max(1440).optional(),
})
export type MintRequest = z.infer<typeof MintRequest>

export const Minted = z.strictObject({
  token: z.string(),
  expires_at: time,
  person: id,
  tenant: id,
  role: z.enum(['owner', 'member', 'viewer']),
  scopes: z.array(Scope),
})
export type Minted = z.infer<typeof Minted>

/** GET /api/tokens/keys, POST /api/tokens/keys (rotates) → the keys in the JWKS, the signing one marked. */
export const TokenKeyView = z.strictObject({
  kid: z.string(),
  alg: z.enum(['EdDSA', 'HS256']),
  state: z.enum(['next', 'signing', 'retired']),
  signs_from: time,
  signs_until: time,
})
export type TokenKeyView = z.infer<typeof TokenKeyView>
export const TokenKeys = z.strictObject({ keys: z.array(TokenKeyView) })

/** GET /api/tokens/hasura → what HASURA_GRAPHQL_JWT_SECRET has to be; never with a key. */
export const HasuraSecret = z.strictObject({
  /** The JSON; with HS256 its `key` is to be filled in by hand. */
  value: z.string(),
  /** What is still to do by hand. */
  note: z.string(),
})
