/** Closing and opening the door of ADMIN_PASSWORD. One-time links of `castellan open` on the machine stay the way back. */
import { CastellanError } from '@castellan/contracts'
import { homeOwner, homeTenant } from '../database/index.ts'
import type { Who } from '../http/env.ts'
import { loadPasskeys } from './passkey-store.ts'
import { lockFactors, saveFactors } from './store.ts'
import type { FactorOptions } from './types.ts'

/** Opens or closes signing in by ADMIN_PASSWORD. Rejects with `not_found` for others, `conflict` without a passkey. */
export async function setAdminPasswordDoor(options: FactorOptions, who: Who, open: boolean): Promise<void> {
  if (who.tenant !== homeTenant || who.person !== homeOwner)
    throw new CastellanError('not_found', 'You do not sign in by ADMIN_PASSWORD.')
  await options.database
    .as(who.tenant)
    .transaction()
    .execute(async (transaction) => {
      await lockFactors(who, transaction)
      if (!open && (await loadPasskeys(who, transaction)).length === 0) {
        throw new CastellanError(
          'conflict',
          'You have no passkey, so the password has to stay. Nothing was changed.',
          {
            hint: 'add a passkey first',
          },
        )
      }
      await saveFactors(who, transaction, { password_closed_at: open ? null : new Date(options.now()) })
      const kind = open ? 'admin_password_opened' : 'admin_password_closed'
      await options.record(transaction, who.tenant, { kind, person: who.person })
    })
}
