/** Part of the composition: the devices and chat accounts that are paired with people. */
import { raise } from './alerts/index.ts'
import type { Foundation } from './foundation.ts'
import type { RequireFresh } from './http/fresh.ts'
import { originsOf } from './http/hosts.ts'
import type { Instance } from './instance/index.ts'
import { makePairing, type PairingOptions, type PairingService } from './pairing/index.ts'
import { recorder } from './record.ts'
import type { Tokens } from './tokens/index.ts'
import { deriveKey } from './vault/index.ts'

/** Pairing, and what its doors are made from. */
export interface Paired extends PairingService {
  readonly options: PairingOptions
}

/** Puts pairing together. */
export function openPairing(
  { configuration: { boot } }: Instance,
  { tenant, database, limits, listener, tls }: Foundation,
  { devices }: Tokens,
  requireFresh: RequireFresh,
): Paired {
  const { canonical, all } = originsOf({ port: listener.port, tls, public: boot.PUBLIC_ORIGINS })
  const { device } = recorder(tenant)
  const options: PairingOptions = {
    ...{ database, limits, raise, requireFresh, home: tenant, tokens: devices, now: Date.now },
    root: deriveKey(boot.SECRET_KEY_BASE ?? '', 'pairing'),
    publicUrl: all.find((origin) => origin !== canonical),
    record: (handle, of, { kind, facts }, by) => device(handle, of, kind, facts, by),
  }
  return { ...makePairing(options), options }
}
