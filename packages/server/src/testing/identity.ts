/** Identities for tests that need somebody at the door. */
import { homeOwner, homeTenant } from '../database/index.ts'
import type { Identity } from '../http/env.ts'

/** The owner of the house, signed in. */
export const ownerIdentity: Identity = Object.freeze({
  tenant: homeTenant,
  person: homeOwner,
  role: 'owner',
  principal: 'owner',
  via: 'session',
  scopes: null,
})
