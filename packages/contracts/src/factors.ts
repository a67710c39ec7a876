/**
 * How people prove who they are: passkeys, one-time codes, recovery codes, and showing one of them again before what
 * matters. What a passkey sends and is sent is WebAuthn's own JSON, parsed where it is verified.
 */
import * as z from 'zod'
import { Json } from './values.ts'

const id = z.uuid()
const time = z.iso.datetime()

/** A proof that can be shown again in a session. */
export const StepFactor = z.enum(['password', 'totp', 'passkey'])
export type StepFactor = z.infer<typeof StepFactor>

/** Six digits; what people type around them is theirs. */
export const OneTimeCode = z
  .string()
  .max(32)
  .transform((text) => text.replace(/[\s-]/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'a code has six digits'))
/** Sixteen letters and digits in groups of four, in any case. */
export const RecoveryCode = z
  .string()
  .max(64)
  .transform((text) => text.replace(/[\s-]/g, '').toLowerCase())
  .pipe(z.string().regex(/^[a-z2-9]{16}$/, 'a recovery code has sixteen letters and digits'))

/** The options of `navigator.credentials`, as WebAuthn writes them in JSON; good once, for five minutes. */
export const PasskeyOptions = z.record(z.string(), Json)
export type PasskeyOptions = z.infer<typeof PasskeyOptions>

const base64url = (most: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]*$/)
    .max(most)
const credential = {
  id: base64url(1400),
  rawId: base64url(1400),
  type: z.literal('public-key'),
  authenticatorAttachment: z.string().max(40).nullish(),
  clientExtensionResults: z.record(z.string(), Json).default({}),
}

/** What a passkey answers when it is shown (WebAuthn, AuthenticationResponseJSON). */
export const PasskeyAssertion = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(8192),
    authenticatorData: base64url(8192),
    signature: base64url(8192),
    userHandle: base64url(256).nullish(),
  }),
})
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>

/** What a passkey answers when it is made (WebAuthn, RegistrationResponseJSON). */
export const PasskeyAttestation = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(8192),
    attestationObject: base64url(65_536),
    transports: z.array(z.string().max(40)).max(8).optional(),
  }),
})
export type PasskeyAttestation = z.infer<typeof PasskeyAttestation>

const passkeyName = z.string().trim().min(1).max(60)

export const PasskeyView = z.strictObject({
  id,
  name: z.string(),
  /** The name of the house that it opens, e.g. `localhost`; under another name it shows nothing. */
  host: z.string(),
  /** Kept by the maker of the device as well, and so on the person's other devices. */
  synced: z.boolean(),
  created_at: time,
  last_used_at: time.nullable(),
})
export type PasskeyView = z.infer<typeof PasskeyView>

/** GET /api/account/factors: the asker's own. */
export const FactorsView = z.strictObject({
  passkeys: z.array(PasskeyView),
  /** Since when one-time codes are asked for; null while they are not. */
  totp_since: time.nullable(),
  /** How many are left, and when they were made; null when there never were any. */
  recovery: z.strictObject({ left: z.number().int(), made_at: time }).nullable(),
  /** `none`: they do not sign in by it. `closed`: only since they closed it themselves. */
  admin_password: z.enum(['open', 'closed', 'none']),
  /** What suffices as a second factor now; never empty for somebody who has any proof. */
  accepts: z.array(StepFactor),
  /** What this session has shown, and until when that counts. */
  fresh: z.strictObject({ factor: StepFactor, until: time }).nullable(),
})
export type FactorsView = z.infer<typeof FactorsView>

/** POST /api/account/passkeys/options → PasskeyOptions; POST /api/account/passkeys → PasskeyView. Both after step-up. */
export const NewPasskey = z.strictObject({ name: passkeyName, response: PasskeyAttestation })
/** PATCH /api/account/passkeys/:id → PasskeyView; DELETE → 204. */
export const PasskeyPatch = z.strictObject({ name: passkeyName })

/** POST /api/account/totp: a secret that counts once a code of it has come back. Shown this once. */
export const TotpEnrolment = z.strictObject({
  /** base32 (RFC 4648) */
  secret: z.string(),
  /** `otpauth://totp/…` */
  uri: z.string(),
  /** The same as a QR code, a row of `0` and `1` per line. */
  qr: z.array(z.string()),
})
export type TotpEnrolment = z.infer<typeof TotpEnrolment>
/** POST /api/account/totp/confirm → RecoveryCodes; DELETE /api/account/totp → 204. */
export const TotpConfirm = z.strictObject({ code: OneTimeCode })
/** POST /api/account/recovery-codes: new ones, shown this once; the old ones are worth nothing any more. */
export const RecoveryCodes = z.strictObject({ codes: z.array(z.string()) })
export type RecoveryCodes = z.infer<typeof RecoveryCodes>

/** PUT /api/account/admin-password → FactorsView. Needs a passkey shown in this session; so does opening it again. */
export const AdminPasswordDoor = z.strictObject({ open: z.boolean() })

/** Exactly one proof. */
export const Proof = z.union([
  z.strictObject({ password: z.string().min(1).max(1024) }),
  z.strictObject({ code: OneTimeCode }),
  z.strictObject({ recovery: RecoveryCode }),
  z.strictObject({ passkey: PasskeyAssertion }),
])
export type Proof = z.infer<typeof Proof>

/** POST /auth/step-up → FactorsView. POST /auth/step-up/options → PasskeyOptions. A browser's session only. */
export const StepUp = Proof
/** POST /auth/passkey/options (open) → PasskeyOptions; POST /auth/passkey (open) → AuthState. */
export const PasskeySignIn = z.strictObject({ passkey: PasskeyAssertion })
/** POST /auth/second (open, with the cookie of a sign-in that is half done) → AuthState. */
export const SecondStep = z.union([
  z.strictObject({ code: OneTimeCode }),
  z.strictObject({ recovery: RecoveryCode }),
  z.strictObject({ passkey: PasskeyAssertion }),
])
export type SecondStep = z.infer<typeof SecondStep>
