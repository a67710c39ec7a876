/** Everything that a person's tokens open ends with them: on disabling, and when their account is recovered. */
import type { Handle } from '../database/index.ts'
import { voidCodes } from './code-store.ts'
import type { Parts } from './families.ts'
import * as families from './family-store.ts'
import { revokePersonal } from './store.ts'
import type { Who } from './types.ts'

/** Ends a person's apps, personal tokens and what could still become an app, in the caller's transaction, which records why. */
export async function endAccess(
  { options, alive }: Parts,
  transaction: Handle,
  { tenant, person }: Who,
): Promise<void> {
  const at = new Date(options.now())
  // First: what an exchange that is under way begins is seen below.
  await voidCodes(tenant, transaction, person)
  const ended = await families.endFamilies(tenant, transaction, { person }, { at, why: 'person' })
  await revokePersonal(tenant, transaction, { person, at })
  alive.bar(ended)
}
