/**
 * The people of a tenant: who they are, how they are invited, how an account is looked after. A password or a link goes
 * in and never comes out; a link's token is in the one answer that makes it.
 */
import * as z from 'zod'

const id = z.uuid()
const time = z.iso.datetime()
const token = z.string().regex(/^[A-Za-z0-9_-]{22}$/)

/** What somebody may do in their tenant. Each tenant has one owner. */
export const personRoles = Object.freeze(['owner', 'member', 'viewer'] as const)
export const PersonRole = z.enum(personRoles)
export type PersonRole = z.infer<typeof PersonRole>
/** The roles that can be given. */
export const GivenRole = z.enum(['member', 'viewer'])
export type GivenRole = z.infer<typeof GivenRole>

/** What a person is called; shown to others, so nothing that hides. */
export const PersonName = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'holds characters that cannot be seen')
export const EmailAddress = z
  .string()
  .trim()
  .max(254)
  .regex(/^[^\s@<>(),;:\\"\p{C}]{1,64}@[^\s@<>(),;:\\"\p{C}]+$/u, 'is no e-mail address')
/** A password as it is typed at a sign-in; what a new one must be is said by its refusal. */
export const Password = z.string().min(1).max(1024)

// --- people -----------------------------------------------------------------------------------------------------

export const PersonView = z.strictObject({
  id,
  role: PersonRole,
  name: z.string(),
  email: z.string().nullable(),
  email_verified: z.boolean(),
  disabled: z.boolean(),
  /** Whether it is who asks. */
  you: z.boolean(),
  created_at: time,
  last_signed_in_at: time.nullable(),
})
export type PersonView = z.infer<typeof PersonView>

/** GET /api/people → owner first, then by name. */
export const People = z.strictObject({ people: z.array(PersonView) })
/** PATCH /api/people/:id → PersonView. What is given is changed, at once. */
export const PersonPatch = z.strictObject({ role: GivenRole.optional(), disabled: z.boolean().optional() })
export type PersonPatch = z.infer<typeof PersonPatch>

/**
 * POST /api/people/:id/reset-proofs, POST /api/tenants/:id/reset-proofs → what was taken away. Ends sessions and tokens of
 * that person. Needs a fresh factor; never the asker's own.
 */
export const ProofsReset = z.strictObject({
  passkeys: z.number().int(),
  /** One-time codes. */
  codes: z.boolean(),
  /** How many of them were left. */
  recovery_codes: z.number().int(),
})
export type ProofsReset = z.infer<typeof ProofsReset>

// --- invitations --------------------------------------------------------------------------------------------------

/** An invitation that is open. */
export const InvitationView = z.strictObject({
  id,
  role: PersonRole,
  name: z.string(),
  email: z.string().nullable(),
  mailed: z.boolean(),
  created_at: time,
  expires_at: time,
})
export type InvitationView = z.infer<typeof InvitationView>
export const Invitations = z.strictObject({ invitations: z.array(InvitationView) })

/** POST /api/invitations → MadeInvitation. `mail`: send it to the address instead of showing it. */
export const NewInvitation = z.strictObject({
  role: GivenRole,
  name: PersonName,
  email: EmailAddress.optional(),
  mail: z.boolean().default(false),
})
export type NewInvitation = z.infer<typeof NewInvitation>
/** A link to hand over, once, with its QR code as rows of `0` and `1`. */
export const HandedLink = z.strictObject({ url: z.string(), qr: z.array(z.string()) })
export type HandedLink = z.infer<typeof HandedLink>
/** `link` is null for an invitation that was mailed. */
export const MadeInvitation = z.strictObject({ invitation: InvitationView, link: HandedLink.nullable() })
export type MadeInvitation = z.infer<typeof MadeInvitation>

/** POST /auth/invitations/look (open) → Invited: what an invitation says to whom it is for. */
export const LookAtInvitation = z.strictObject({ token })
export const Invited = z.strictObject({
  instance: z.string(),
  tenant: z.string(),
  role: PersonRole,
  name: z.string(),
  email: z.string().nullable(),
})
export type Invited = z.infer<typeof Invited>
/** POST /auth/invitations/accept (open) → AuthState, and the session cookie. */
export const AcceptInvitation = z.strictObject({
  token,
  name: PersonName,
  email: EmailAddress,
  password: Password,
})

// --- tenants --------------------------------------------------------------------------------------------------------

/** A tenant of this house besides the home. `state` says whether its owner has come in, or nobody may any more. */
export const TenantView = z.strictObject({
  id,
  name: z.string(),
  state: z.enum(['invited', 'waiting', 'joined', 'closed']),
  created_at: time,
})
export type TenantView = z.infer<typeof TenantView>
export const Tenants = z.strictObject({ tenants: z.array(TenantView) })
/** POST /api/tenants → MadeTenant; POST /api/tenants/:id/invitations → MadeTenant, while it has no owner. */
export const NewTenant = z.strictObject({ name: PersonName })
export const MadeTenant = z.strictObject({ tenant: TenantView, link: HandedLink })
export type MadeTenant = z.infer<typeof MadeTenant>

/**
 * PATCH /api/tenants/:id → TenantView. Closing signs everybody of it out and lets nobody in; opening lets its owner in, who
 * opens the accounts of the others. Deletes nothing. Needs a fresh factor.
 */
export const TenantPatch = z.strictObject({ closed: z.boolean() })

// --- one's own account ----------------------------------------------------------------------------------------------

/** GET /api/account. */
export const Account = z.strictObject({
  id,
  role: PersonRole,
  name: z.string(),
  email: z.string().nullable(),
  email_verified: z.boolean(),
  /** An address that waits to be confirmed. */
  email_pending: z.string().nullable(),
  /** False for the owner of the house, who signs in by ADMIN_PASSWORD. */
  own_password: z.boolean(),
  tenant: z.strictObject({ name: z.string(), home: z.boolean() }),
  /** Whether this house can send mail. */
  mail: z.boolean(),
})
export type Account = z.infer<typeof Account>
/** PATCH /api/account → Account. */
export const AccountPatch = z.strictObject({ name: PersonName })
/** PUT /api/account/password → 204; ends all other sessions. Needs a fresh factor. */
export const NewPassword = z.strictObject({ password: Password })
/** PUT /api/account/email → Account: mails a link to the new address. Needs a fresh factor. */
export const NewEmail = z.strictObject({ email: EmailAddress })
/** POST /api/sessions/end-others → how many were ended. */
export const EndedSessions = z.strictObject({ ended: z.number().int() })

// --- links that were mailed -------------------------------------------------------------------------------------------

/** POST /auth/recover (open) → 204, whatever the address. */
export const Recover = z.strictObject({ email: EmailAddress })
/** POST /auth/recover/finish (open) → 204: the new password; signs nobody in. */
export const FinishRecovery = z.strictObject({
  token,
  password: Password,
  code: z.string().max(64).optional(),
})
/** POST /auth/email/confirm, POST /auth/email/cancel (open) → EmailLinkDone. */
export const EmailLink = z.strictObject({ token })
export const EmailLinkDone = z.strictObject({ email: z.string() })
