/** Identities for tests that need somebody at the door. */
import { homeOwner, homeTenant } from '../database/index.ts'
import type { Identity } from '../http/env.ts'
import type { SecondStep } from '../identity/index.ts'

/** The owner of the house, signed in. */
export const ownerIdentity: Identity = Object.freeze({
  tenant: homeTenant,
  person: homeOwner,
  role: 'owner',
  principal: 'owner',
  via: 'session',
  scopes: null,
})

/** Nobody has a second step. */
export const noSecondStep: SecondStep = Object.freeze({
  ask: async () => null,
  forget: async () => {},
  isPasswordClosed: async () => false,
})
