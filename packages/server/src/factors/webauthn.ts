/**
 * WebAuthn as this house uses it, around @simplewebauthn/server: which name passkeys are made for, what is asked of them,
 * and whether what they answer holds. The library is loaded on first use: it costs 27 MB and 0.15 s.
 */
import { CastellanError, type PasskeyAssertion, type PasskeyAttestation } from '@castellan/contracts'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import * as z from 'zod'
import type { RequestOrigin } from '../http/env.ts'

const load = () => import('@simplewebauthn/server')

/** A minute to find the key, as browsers do by themselves; the challenge counts for longer. */
const timeoutMs = 120_000
/** Ed25519, ECDSA P-256, RSA: what authenticators have (COSE). */
const algorithms = [-8, -7, -257]

/** The relying party: the name passkeys belong to, and the one origin that may show them under it. */
export interface RelyingParty {
  readonly id: string
  readonly origin: string
}

/** Of a request: the origin it was sent to; at a loopback name always the canonical one, for WebAuthn takes no address. */
export function relyingPartyOf({ url, loopback }: RequestOrigin, canonical: string): RelyingParty {
  const { hostname, origin } = new URL(loopback ? canonical : url)
  return { id: hostname, origin }
}

/** A passkey as the browser has to be told of it. */
export interface KnownPasskey {
  readonly credentialId: Buffer
  readonly transports: readonly string[]
}

const known = (passkeys: readonly KnownPasskey[]) =>
  passkeys.map(({ credentialId, transports }) => ({
    id: credentialId.toString('base64url'),
    transports: [...transports],
  }))

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))

/** What the browser is asked to make: a passkey that is found without a name and verifies its user. */
export async function creationOptions(
  party: RelyingParty,
  of: { house: string; name: string; handle: Buffer; challenge: string; have: readonly KnownPasskey[] },
) {
  const { generateRegistrationOptions } = await load()
  return generateRegistrationOptions({
    rpName: `Castellan ${of.house}`,
    rpID: party.id,
    userName: of.name,
    userDisplayName: of.name,
    userID: new Uint8Array(of.handle),
    challenge: bytesOf(of.challenge),
    timeout: timeoutMs,
    attestationType: 'none',
    excludeCredentials: known(of.have),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: algorithms,
  })
}

/** What the browser is asked to show: one of these passkeys, or any that it has for this name. */
export async function requestOptions(
  party: RelyingParty,
  of: { challenge: string; allow: readonly KnownPasskey[] | null },
) {
  const { generateAuthenticationOptions } = await load()
  return generateAuthenticationOptions({
    rpID: party.id,
    challenge: bytesOf(of.challenge),
    timeout: timeoutMs,
    userVerification: 'required',
    ...(of.allow === null ? {} : { allowCredentials: known(of.allow) }),
  })
}

/** A passkey just made. */
export interface MadePasskey {
  readonly credentialId: Buffer
  readonly publicKey: Buffer
  readonly counter: number
  readonly synced: boolean
}

/** Verifies what the browser made; rejects with `passkey_refused`. */
export async function verifyMade(
  party: RelyingParty,
  challenge: string,
  response: PasskeyAttestation,
): Promise<MadePasskey> {
  const { verifyRegistrationResponse } = await load()
  await refuseForeignAttestation(response)
  const { verified, registrationInfo } = await refusing(() =>
    verifyRegistrationResponse({
      response: response as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    }),
  )
  if (!verified) throw passkeyRefused()
  const { credential, credentialBackedUp } = registrationInfo
  return {
    credentialId: Buffer.from(credential.id, 'base64url'),
    publicKey: Buffer.from(credential.publicKey),
    counter: credential.counter,
    synced: credentialBackedUp,
  }
}

/** A statement with certificates of its own would have the library fetch what they name, wherever that is. */
async function refuseForeignAttestation({ response }: PasskeyAttestation): Promise<void> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  const { fmt, plain } = await refusing(async () => {
    const object = decodeAttestationObject(bytesOf(response.attestationObject))
    return { fmt: object.get('fmt'), plain: object.get('attStmt').get('x5c') === undefined }
  })
  if (!plain || (fmt !== 'none' && fmt !== 'packed')) throw passkeyRefused()
}

/** Verifies what a passkey signed; gives back its counter, which the caller compares. Rejects with `passkey_refused`. */
export async function verifyShown(
  party: RelyingParty,
  challenge: string,
  passkey: { credentialId: Buffer; publicKey: Buffer },
  response: PasskeyAssertion,
): Promise<{ counter: number; synced: boolean }> {
  const { verifyAuthenticationResponse } = await load()
  const { verified, authenticationInfo } = await refusing(() =>
    verifyAuthenticationResponse({
      response: response as AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      // Zero, so that a counter that went back reaches the store, which tells it from a bad signature.
      credential: {
        id: passkey.credentialId.toString('base64url'),
        publicKey: new Uint8Array(passkey.publicKey),
        counter: 0,
      },
    }),
  )
  if (!verified) throw passkeyRefused()
  return { counter: authenticationInfo.newCounter, synced: authenticationInfo.credentialBackedUp }
}

const ClientData = z.object({ challenge: z.string().min(1).max(128), crossOrigin: z.boolean().optional() })

/** The challenge that an answer names, not yet believed; rejects with `passkey_refused` for what is none of a page of ours. */
export function challengeIn(clientDataJSON: string): string {
  const parsed = ClientData.safeParse(jsonOf(clientDataJSON))
  // No page of ours asks from within a frame of another.
  if (!parsed.success || parsed.data.crossOrigin === true) throw passkeyRefused()
  return parsed.data.challenge
}

function jsonOf(base64url: string): unknown {
  try {
    return JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

/** The library says what is wrong by throwing; whoever sent it is told nothing that would help them. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw passkeyRefused(cause)
  }
}

/** The one answer to a passkey that does not count, whatever the reason. */
export function passkeyRefused(cause?: unknown): CastellanError {
  return new CastellanError('passkey_refused', 'This passkey was not accepted. Nothing was changed.', {
    hint: 'try again; if it is refused again, use another way and look at your passkeys under Signing in',
    ...(cause === undefined ? {} : { cause }),
  })
}
