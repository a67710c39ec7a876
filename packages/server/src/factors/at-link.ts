/** The second factor of somebody who sets a new password by a mailed link: a mailbox alone takes no account over. */
import { CastellanError, OneTimeCode, RecoveryCode } from '@castellan/contracts'
import type { Who } from '../http/env.ts'
import { takeCode } from './codes.ts'
import * as store from './store.ts'
import type { FactorOptions } from './types.ts'

/**
 * Takes a code or recovery code of a person who has codes; nothing is asked of who has none. Rejects with `factor_needed`,
 * `wrong_code` or `too_many_attempts`.
 */
export async function checkAtLink(
  options: FactorOptions,
  who: Who,
  given: { readonly code?: string | undefined },
): Promise<void> {
  const { totp } = await store.loadHeld(who, options.database.as(who.tenant))
  if (!totp) return
  const { code = '' } = given
  const oneTime = OneTimeCode.safeParse(code)
  if (oneTime.success) return takeCode(options, who, { code: oneTime.data })
  const recovery = RecoveryCode.safeParse(code)
  if (recovery.success) return takeCode(options, who, { recovery: recovery.data })
  throw new CastellanError('factor_needed', 'This account has a second step. Nothing was changed.', {
    hint: 'give a code of your authenticator app, or one of your recovery codes',
    details: { factor: 'totp', stepUp: false },
  })
}
