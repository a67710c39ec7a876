/**
 * Pairing as the API carries it: a device (a phone, a laptop, another program) or a chat account is joined to a person by
 * a one-time code. docs/guide/devices.md tells the device's part step by step.
 */
import * as z from 'zod'

const id = z.uuid()
const time = z.iso.datetime()
/** 32 bytes, base64url. */
const bytes32 = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be 32 bytes as base64url')

/** The alphabet of codes: no letter or digit that is taken for another. */
export const codeSymbols = 'ACDEFGHJKLMNPQRTUVWXY3479'
/** Nine of 25 symbols are 41.8 bits. */
export const codeLength = 9

/** A code as people write it, e.g. `ACD-EFG-HJK`. */
export const PairingCode = z.string().min(1).max(64)

/** What a device calls itself; foreign text. */
export const DeviceName = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name), 'must be one line of text')
export const DeviceKind = z.enum(['phone', 'laptop', 'program'])
export type DeviceKind = z.infer<typeof DeviceKind>

/** A chat service whose accounts can be paired. */
export const Channel = z.string().regex(/^[a-z][a-z0-9-]{1,31}$/, 'use 2–32 of a–z, 0–9 and -')

/** The key a device proves itself with for as long as it is paired (RFC 7517, RFC 8037); public members only. */
export const DeviceKey = z.discriminatedUnion('kty', [
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: bytes32 }),
  z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: bytes32, y: bytes32 }),
])
export type DeviceKey = z.infer<typeof DeviceKey>

/** A key for one pairing only (RFC 7748). */
export const AgreementKey = z.strictObject({ kty: z.literal('OKP'), crv: z.literal('X25519'), x: bytes32 })
export type AgreementKey = z.infer<typeof AgreementKey>

/** Raw Ed25519 (RFC 8032), or r and s of ECDSA with SHA-256 (RFC 7518, section 3.4), base64url. */
const signature = z.string().regex(/^[A-Za-z0-9_-]{85}[AQgw]$/, 'must be 64 bytes as base64url')

// --- what a person does -----------------------------------------------------------------------------------------

/** POST /api/pairings → NewPairing. Needs a fresh factor. `person`: of the same tenant, for the owner only. */
export const NewPairingRequest = z.strictObject({
  name: DeviceName.optional(),
  person: id.optional(),
  /** A chat account of this service is to be paired, and no device. */
  channel: Channel.optional(),
})

/** `code` and `url` are shown this once. */
export const NewPairing = z.strictObject({
  id,
  code: z.string(),
  /** What the QR code holds; null for a chat account. The code and the house's commitment are in its fragment. */
  url: z.string().nullable(),
  /** The same as a QR code, a row of `0` and `1` per line. */
  qr: z.array(z.string()).nullable(),
  expires_at: time,
})
export type NewPairing = z.infer<typeof NewPairing>

/**
 * `open`: waits for the code; `compare`: a device has spent it, and the person compares the words; `paired`; `denied`: the
 * words differed, or it was called off; `expired`.
 */
export const PairingState = z.enum(['open', 'compare', 'paired', 'denied', 'expired'])
export type PairingState = z.infer<typeof PairingState>

/** GET /api/pairings/:id; POST /api/pairings/:id/confirm, POST /api/pairings/:id/deny → PairingView. Only who made it. */
export const PairingView = z.strictObject({
  id,
  state: PairingState,
  expires_at: time,
  channel: z.string().nullable(),
  /** What has spent the code. The name is foreign text. */
  device: z
    .strictObject({ name: z.string(), kind: DeviceKind, address: z.string(), thumbprint: z.string() })
    .nullable(),
  /** Four words, while they are to be compared. */
  phrase: z.string().nullable(),
})
export type PairingView = z.infer<typeof PairingView>
/** POST /api/pairings/:id/confirm: the words that were compared, so that no page confirms others than it showed. */
export const ConfirmPairing = z.strictObject({ phrase: z.string().max(100) })

/** GET /api/devices → the sender's own, newest first; PATCH /api/devices/:id; DELETE /api/devices/:id → 204. */
export const DeviceView = z.strictObject({
  id,
  name: z.string(),
  kind: DeviceKind,
  /** RFC 7638, SHA-256, base64url. */
  thumbprint: z.string(),
  paired_at: time,
  last_seen_at: time.nullable(),
  last_address: z.string().nullable(),
})
export type DeviceView = z.infer<typeof DeviceView>
export const Devices = z.strictObject({ devices: z.array(DeviceView) })
export const RenameDevice = z.strictObject({ name: DeviceName })

/** GET /api/accounts → the sender's own chat accounts; DELETE /api/accounts/:id → 204. Both texts are foreign. */
export const AccountView = z.strictObject({
  id,
  channel: z.string(),
  external_id: z.string(),
  name: z.string(),
  paired_at: time,
})
export type AccountView = z.infer<typeof AccountView>
export const Accounts = z.strictObject({ accounts: z.array(AccountView) })

// --- what a device does (all open; docs/guide/devices.md) -------------------------------------------------------

/** POST /auth/pair/hello: what a device asks that has no QR code to read it from. Spends nothing. */
export const HelloRequest = z.strictObject({ code: PairingCode })
export const Hello = z.strictObject({ pairing: id, commitment: bytes32, expires_at: time })
export type Hello = z.infer<typeof Hello>

/** POST /auth/pair/redeem → Redeemed. Spends the code; `proof` is made with `key` over `redeemText`. */
export const RedeemRequest = z.strictObject({
  code: PairingCode,
  /** The commitment that the device has: an answer that does not open it is not from the house it means. */
  commitment: bytes32,
  name: DeviceName,
  kind: DeviceKind,
  key: DeviceKey,
  agreement: AgreementKey,
  nonce: bytes32,
  proof: signature,
})
export type RedeemRequest = z.infer<typeof RedeemRequest>
/** What opens the commitment: SHA-256 of the RFC 8785 text of `{agreement, nonce, pairing, v}`. */
export const Redeemed = z.strictObject({
  pairing: id,
  agreement: AgreementKey,
  nonce: bytes32,
  expires_at: time,
})
export type Redeemed = z.infer<typeof Redeemed>

/** POST /auth/pair/status: waits up to 20 s for an answer of the person. `device` is null until it is paired. */
export const StatusRequest = z.strictObject({ pairing: id })
export const PairingStatus = z.strictObject({ state: PairingState, device: id.nullable() })
export type PairingStatus = z.infer<typeof PairingStatus>

/** POST /auth/device/nonce → DeviceNonce, good for a minute and once. */
export const DeviceNonce = z.strictObject({ nonce: z.string(), expires_at: time })
export type DeviceNonce = z.infer<typeof DeviceNonce>
/** POST /auth/device/token: `proof` is made with the device's key over `tokenText`. */
export const DeviceTokenRequest = z.strictObject({
  device: id,
  nonce: z.string().min(1).max(200),
  proof: signature,
})
export const DeviceToken = z.strictObject({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  expires_in: z.number().int(),
  scope: z.string(),
})
export type DeviceToken = z.infer<typeof DeviceToken>
