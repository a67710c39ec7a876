/** Tokens as the rest of the house uses them. */
import type { PersonRole, Scope } from '@castellan/contracts'
import type { Handle } from '../database/index.ts'
import { type Identity, principalOf } from '../http/env.ts'
import type { Claim } from '../http/guards.ts'
import { type AccessTokens, accessTokens } from './access.ts'
import { aliveness } from './alive.ts'
import type { Issuer } from './claims.ts'
import { endAccess } from './end-access.ts'
import type { Parts } from './families.ts'
import { type Keyring, openKeyring } from './keyring.ts'
import { identifyPersonal } from './personal.ts'
import type { TokenOptions, Who } from './types.ts'

/** Whom a device's access token stands for; the device has to prove the key besides. */
export interface DeviceGrant extends Who {
  readonly role: PersonRole
  readonly device: string
  /** Thumbprint of the device's key. */
  readonly jkt: string
  readonly scopes: readonly Scope[]
}

/** Tokens of an instance. */
export interface Tokens extends Parts {
  readonly keyring: Keyring
  readonly issuer: Issuer
  /** Knows the senders of access tokens and personal tokens; for IdentityOptions.bearers. */
  identify(token: string, claim: Pick<Claim, 'address'>): Promise<Identity | undefined>
  /** Ends what a person's tokens open, in the caller's transaction. */
  endAccess(transaction: Handle, who: Who): Promise<void>
  /** Access tokens bound to a device's key; whether the device still stands is for pairing to know. */
  readonly devices: {
    mint(grant: DeviceGrant): Promise<{ token: string; expiresInS: number }>
    read(token: string): Promise<DeviceGrant | undefined>
  }
}

/** Puts tokens together. */
export function makeTokens(options: TokenOptions): Tokens {
  const { url, now } = options
  const issuer = { url, audience: `castellan:${options.instance}` }
  const keyring = openKeyring(options)
  const access = accessTokens(keyring, issuer, now)
  const alive = aliveness(options.database, now)
  const parts: Parts = { options, access, alive }
  return {
    ...parts,
    keyring,
    issuer,
    async identify(token, claim) {
      return (await identifyPersonal(options, token, claim)) ?? identifyAccess(parts, token)
    },
    endAccess: (transaction, who) => endAccess(parts, transaction, who),
    devices: deviceTokens(options, access),
  }
}

async function identifyAccess({ access, alive }: Parts, token: string): Promise<Identity | undefined> {
  const grant = await access.verify(token)
  // A token that is bound to a key is worth nothing without the proof of it.
  if (grant === undefined || grant.jkt !== undefined) return undefined
  const role = await alive.roleOf(grant)
  if (role === undefined) return undefined
  const { tenant, person, scopes } = grant
  return { tenant, person, role, principal: principalOf(person, role), via: 'access-token', scopes }
}

function deviceTokens(options: TokenOptions, access: AccessTokens): Tokens['devices'] {
  return {
    async mint({ device, ...grant }) {
      const { accessMs } = options.settings()
      const { token } = await access.sign({ ...grant, family: device }, accessMs)
      return { token, expiresInS: Math.floor(accessMs / 1000) }
    },
    async read(token) {
      const grant = await access.verify(token)
      if (grant?.jkt === undefined) return undefined
      const { family: device, jkt, tenant, person, role, scopes } = grant
      return { device, jkt, tenant, person, role, scopes }
    },
  }
}
