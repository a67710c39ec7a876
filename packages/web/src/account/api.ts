/** The doors of one's own proofs, as this page uses them. */
import {
  AuthState,
  FactorsView,
  PasskeyOptions,
  PasskeyView,
  type Proof,
  RecoveryCodes,
  type SecondStep,
  TotpEnrolment,
} from '@castellan/contracts'
import { queryOptions } from '@tanstack/react-query'
import type * as z from 'zod'
import { anything, ask } from '../http.ts'

const part = encodeURIComponent
const post = (body: unknown = {}) => ({ method: 'POST', body }) as const

/** Signing in by a passkey, and the second step after a password. */
export const door = {
  passkeyOptions: () => ask(PasskeyOptions, '/auth/passkey/options', post()),
  passkey: (passkey: unknown) => ask(AuthState, '/auth/passkey', post({ passkey })),
  secondOptions: () => ask(PasskeyOptions, '/auth/second/options', post()),
  second: (given: z.input<typeof SecondStep>) => ask(AuthState, '/auth/second', post(given)),
}

/** Showing again who one is. */
export const stepUp = {
  options: () => ask(PasskeyOptions, '/auth/step-up/options', post()),
  show: (proof: z.input<typeof Proof>) => ask(FactorsView, '/auth/step-up', post(proof)),
}

/** Passkeys, one-time codes, recovery codes, the door of ADMIN_PASSWORD. What changes one asks for a step-up first. */
export const factors = {
  view: () => ask(FactorsView, '/api/account/factors'),
  passkeyOptions: () => ask(PasskeyOptions, '/api/account/passkeys/options', post()),
  addPasskey: (name: string, response: unknown) =>
    ask(PasskeyView, '/api/account/passkeys', post({ name, response })),
  renamePasskey: (id: string, name: string) =>
    ask(PasskeyView, `/api/account/passkeys/${part(id)}`, { method: 'PATCH', body: { name } }),
  removePasskey: (id: string) => ask(anything, `/api/account/passkeys/${part(id)}`, { method: 'DELETE' }),
  beginTotp: () => ask(TotpEnrolment, '/api/account/totp', post()),
  confirmTotp: (code: string) => ask(RecoveryCodes, '/api/account/totp/confirm', post({ code })),
  removeTotp: () => ask(anything, '/api/account/totp', { method: 'DELETE' }),
  newRecoveryCodes: () => ask(RecoveryCodes, '/api/account/recovery-codes', post()),
  setPasswordDoor: (open: boolean) =>
    ask(FactorsView, '/api/account/admin-password', { method: 'PUT', body: { open } }),
}

/** One's own proofs. */
export const factorsQuery = queryOptions({ queryKey: ['factors'], queryFn: factors.view, staleTime: 30_000 })
