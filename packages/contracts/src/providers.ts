/**
 * Signing in with an account somewhere else: which providers the owner has set up, and which accounts are connected to a
 * person. A client secret goes in and never comes out.
 */
import * as z from 'zod'

const time = z.iso.datetime()
const domain = z
  .string()
  .max(190)
  .transform((text) => text.trim().replace(/^@/, '').toLowerCase())
  .pipe(
    z.string().regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$/, 'a domain such as example.org'),
  )

/** Part of the redirect URL, and so of what is registered at the provider. */
export const ProviderName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,29}$/, 'a–z, 0–9 and -, beginning with a letter')

/** Who may become a member by signing in there, besides those who are expected. `everyone` only at one's own issuer. */
export const JoinRule = z.enum(['nobody', 'domains', 'everyone'])
export type JoinRule = z.infer<typeof JoinRule>

export const ProviderFields = z.record(z.string().max(40), z.string().trim().max(500))
export type ProviderFields = z.infer<typeof ProviderFields>

/** One more thing that a kind of provider needs to know. */
export const ProviderField = z.strictObject({
  name: z.string(),
  label: z.string(),
  hint: z.string(),
  /** Empty where the owner must say. */
  default: z.string(),
})
export type ProviderField = z.infer<typeof ProviderField>

/** A kind that can be set up. */
export const ProviderKind = z.strictObject({
  kind: z.string(),
  title: z.string(),
  /** Where Castellan is registered, and the provider's words on it. */
  register: z.string(),
  source: z.string(),
  fields: z.array(ProviderField),
  /** What the secret is there. */
  secret_label: z.string(),
  /** Whether it says which addresses were shown to be theirs. */
  says_verified: z.boolean(),
})
export type ProviderKind = z.infer<typeof ProviderKind>

const settings = {
  title: z.string().trim().min(1).max(40),
  client_id: z.string().trim().min(1).max(500),
  fields: ProviderFields,
  enabled: z.boolean(),
  join: JoinRule,
  domains: z.array(domain).max(50),
}
/** At least 8 characters, as every secret of the vault; Apple's is a key of many lines. */
const clientSecret = z.string().trim().min(8).max(10_000)

/** POST /api/providers → ProviderView. */
export const NewProvider = z.strictObject({
  kind: z.string().max(30),
  name: ProviderName,
  title: settings.title.optional(),
  client_id: settings.client_id,
  client_secret: clientSecret,
  fields: settings.fields.default({}),
  enabled: settings.enabled.default(true),
  join: settings.join.default('nobody'),
  domains: settings.domains.default([]),
})
export type NewProvider = z.input<typeof NewProvider>

/** PATCH /api/providers/:name → ProviderView; DELETE → 204. New fields need the secret again. */
export const ProviderPatch = z.strictObject({
  ...z.object(settings).partial().shape,
  client_secret: clientSecret.optional(),
})
export type ProviderPatch = z.input<typeof ProviderPatch>

export const ProviderView = z.strictObject({
  name: z.string(),
  kind: z.string(),
  title: z.string(),
  client_id: z.string(),
  fields: ProviderFields,
  enabled: z.boolean(),
  join: JoinRule,
  domains: z.array(z.string()),
  has_secret: z.boolean(),
  /** To be registered there exactly so, one for each name of the house. */
  redirect_urls: z.array(z.string()),
  /** How many people have connected an account of it. */
  accounts: z.number().int(),
})
export type ProviderView = z.infer<typeof ProviderView>

/** GET /api/providers */
export const ProviderList = z.strictObject({
  kinds: z.array(ProviderKind),
  providers: z.array(ProviderView),
})
export type ProviderList = z.infer<typeof ProviderList>

/** POST /api/providers/:name/test: what could be found out without anybody signing in. */
export const ProviderTest = z.strictObject({
  ok: z.boolean(),
  findings: z.array(z.strictObject({ ok: z.boolean(), sentence: z.string() })),
})
export type ProviderTest = z.infer<typeof ProviderTest>

/** A way in on the sign-in page. */
export const ProviderButton = z.strictObject({ name: z.string(), title: z.string() })
export type ProviderButton = z.infer<typeof ProviderButton>

/** An account elsewhere that signs in as the asker. */
export const ConnectionView = z.strictObject({
  id: z.uuid(),
  provider: z.string(),
  title: z.string(),
  /** What the account is called there: its address or name when it was connected. Foreign text. */
  label: z.string(),
  connected_at: time,
  last_used_at: time.nullable(),
})
export type ConnectionView = z.infer<typeof ConnectionView>

/** GET /api/account/connections. DELETE /api/account/connections/:id → 204. */
export const ConnectionList = z.strictObject({
  connections: z.array(ConnectionView),
  /** What could be connected besides. */
  available: z.array(ProviderButton),
})
export type ConnectionList = z.infer<typeof ConnectionList>

/** POST /api/account/connections {provider} → where the browser goes next; good for ten minutes, in this browser. */
export const NewConnection = z.strictObject({ provider: ProviderName })
export const Departure = z.strictObject({ url: z.string() })
export type Departure = z.infer<typeof Departure>

/** Why a sign-in by a provider came to nothing, as `?problem=` of the page that the browser is sent back to. */
export const ProviderProblem = z.enum([
  'cancelled',
  'expired',
  'failed',
  'unavailable',
  'unknown',
  'taken',
  'signed_out',
])
export type ProviderProblem = z.infer<typeof ProviderProblem>
