/** A pairing as its maker is shown it. */
import type { PairingState, PairingView } from '@castellan/contracts'
import type { Pairing } from './types.ts'

/** Where a pairing stands at a time: what was not decided in time has expired. */
export function stateOf({ state, expiresAt }: Pairing, now: number): PairingState {
  return (state === 'open' || state === 'compare') && expiresAt.getTime() <= now ? 'expired' : state
}

/** What its maker is shown; the words only while they are to be compared. */
export function viewOf(pairing: Pairing, now: number): PairingView {
  const { id, channel, device, expiresAt, phrase } = pairing
  const state = stateOf(pairing, now)
  return {
    ...{ id, state, channel, expires_at: expiresAt.toISOString() },
    device: device && {
      ...{ name: pairing.name ?? device.name, kind: device.kind },
      ...{ address: device.address, thumbprint: device.thumbprint },
    },
    phrase: state === 'compare' ? phrase : null,
  }
}
