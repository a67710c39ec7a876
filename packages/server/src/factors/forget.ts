/** Taking every proof of a person away, for somebody who lost them all. Who may ask for it is decided by whoever calls. */
import type { ProofsReset } from '@castellan/contracts'
import { type Handle, homeOwner } from '../database/index.ts'
import type { Who } from '../http/env.ts'
import { dropChallenges } from './challenges.ts'
import { deleteAllPasskeys } from './passkey-store.ts'
import { forgetHalves } from './signin.ts'
import { deleteRecoveryCodes, loadRecovery, lockFactors, saveFactors } from './store.ts'
import type { FactorOptions } from './types.ts'

/** What was taken away, and what is left to do once that is committed. */
export interface Forgotten {
  readonly had: ProofsReset
  /** Removes the secrets that nothing names any more. */
  afterwards(): Promise<void>
}

/**
 * Takes passkeys, one-time codes and recovery codes of a person away in the caller's transaction, with the sign-ins that
 * wait for one; signing in by ADMIN_PASSWORD is open again. Sessions are the caller's to end.
 */
export async function forgetProofs(
  { vault }: { readonly vault: Pick<FactorOptions['vault'], 'unset'> },
  transaction: Handle,
  who: Who,
): Promise<Forgotten> {
  const { totpSecret, totpPending } = await lockFactors(who, transaction)
  const had = {
    passkeys: await deleteAllPasskeys(who, transaction),
    codes: totpSecret !== null,
    recovery_codes: (await loadRecovery(who, transaction))?.left ?? 0,
  }
  await deleteRecoveryCodes(who, transaction)
  await saveFactors(who, transaction, {
    ...{ totp_secret: null, totp_since: null, totp_pending: null, totp_pending_at: null },
    password_closed_at: null,
  })
  await dropChallenges(who, transaction)
  await forgetHalves(transaction, who)
  return {
    had,
    async afterwards() {
      for (const name of [totpSecret, totpPending]) if (name !== null) await vault.unset(who.tenant, name)
    },
  }
}

/** The ports of a reset that nobody in the page can ask for: that of the owner of the house. */
export interface OwnerReset extends Pick<FactorOptions, 'database' | 'raise' | 'record' | 'tenant'> {
  readonly vault: Pick<FactorOptions['vault'], 'unset'>
  /** Ends the owner's sessions. */
  readonly endSessions: (transaction: Handle, who: Who) => Promise<unknown>
}

/** Takes the proofs of the owner of the house away. For an instance that does not run: a door to this must not exist. */
export async function forgetOwnersProofs(options: OwnerReset): Promise<ProofsReset> {
  const { database, tenant, raise, record, endSessions } = options
  const who = { tenant, person: homeOwner }
  const { had, afterwards } = await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const forgotten = await forgetProofs(options, transaction, who)
      await endSessions(transaction, who)
      await record(transaction, tenant, { kind: 'proofs_reset', person: homeOwner, ...forgotten.had })
      const sentence =
        'Your passkeys, one-time codes and recovery codes were taken away on the machine itself, while the house stood still. If that was not you, somebody else holds the machine.'
      const alert = { kind: 'factors.owner_reset', sentence, facts: { ...forgotten.had } }
      await raise(transaction, tenant, alert, homeOwner)
      return forgotten
    })
  await afterwards()
  return had
}
