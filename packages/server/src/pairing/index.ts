/** Pairing: devices and chat accounts are joined to people by one-time codes, and proven from then on. */
import type { Handle } from '../database/index.ts'
import type { Identity, Who } from '../http/env.ts'
import type { Claim } from '../http/guards.ts'
import { endAccounts, type Heard, type Hearing, hear } from './accounts.ts'
import { keptMs } from './codes.ts'
import { endDevices, identifyDevice } from './devices.ts'
import { denyPairings, prune } from './store.ts'
import type { PairingOptions } from './types.ts'

export type { Heard, Hearing } from './accounts.ts'
export { deviceRoutes, pairingRoutes } from './routes.ts'
export type { DeviceGrant, DeviceTokens, PairingEvent, PairingOptions } from './types.ts'

/** Pairing as the rest of the house uses it. */
export interface PairingService {
  /** The door of channels: who wrote this message? */
  hear(heard: Heard): Promise<Hearing>
  /** Who sends a device's access token; undefined for any other token. */
  identify(token: string, claim: Pick<Claim, 'address'>): Promise<Identity | undefined>
  /** Ends all devices and chat accounts of a person and what could become one, in the caller's transaction. */
  endAccess(transaction: Handle, who: Who): Promise<void>
  /** Forgets what strangers tried at the house longer than a week ago; what people made goes with their next code. */
  prune(): Promise<void>
}

/** Puts pairing together. */
export function makePairing(options: PairingOptions): PairingService {
  return {
    hear: (heard) => hear(options, heard),
    identify: (token, claim) => identifyDevice(options, token, claim),
    async endAccess(transaction, who) {
      // First: a pairing that is just being confirmed is waited for, and its device is seen below.
      await denyPairings(who.tenant, transaction, who.person)
      await endDevices(options, transaction, who)
      await endAccounts(options, transaction, who)
    },
    prune: () => prune(options.home, options.database.as(options.home), new Date(options.now() - keptMs)),
  }
}
