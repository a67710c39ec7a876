/**
 * Taking the proofs of somebody away who lost them: passkeys, one-time codes, recovery codes. Asked by the owner of the
 * tenant, never for themselves; whose proofs they were is told, and everything that they had open is closed.
 */
import { CastellanError, type ProofsReset } from '@castellan/contracts'
import { raise } from '../alerts/index.ts'
import type { Handle, PersonId, Tenant } from '../database/index.ts'
import type { Identity, Principal } from '../http/env.ts'
import { proofsResetLetter } from './letters.ts'
import { endAll } from './people.ts'
import type { Post } from './post.ts'
import * as store from './store.ts'
import type { PeopleOptions } from './types.ts'

/** Of somebody in the asker's tenant who is not its owner. Needs a fresh factor. */
export async function resetProofs(
  options: PeopleOptions,
  post: Post,
  who: Identity,
  id: string,
): Promise<ProofsReset> {
  await options.requireFresh(who)
  const { tenant, principal } = who
  const person = store.asPerson(id)
  return reset(options, post, { tenant, by: principal, teller: 'The owner' }, async (transaction) => {
    const row = await store.lockPerson(tenant, transaction, person)
    if (row === undefined) throw new CastellanError('not_found', 'There is no such person here.')
    if (row.role === 'owner') throw ownersStay()
    return row
  })
}

export interface Resetting {
  readonly tenant: Tenant
  readonly by: Principal | 'system'
  /** Who did it, in the words of whom it was done to. */
  readonly teller: 'The owner' | 'The owner of the house'
}

type Locked = NonNullable<Awaited<ReturnType<typeof store.lockPerson>>>

/** Of whoever `lock` finds in the tenant. The caller has checked who asks. */
export async function reset(
  options: PeopleOptions,
  post: Post,
  { tenant, by, teller }: Resetting,
  lock: (transaction: Handle) => Promise<Locked>,
): Promise<ProofsReset> {
  const { database, instance, now } = options
  const { had, afterwards, email } = await database
    .as(tenant)
    .transaction()
    .execute(async (transaction) => {
      const { id: person, email } = await lock(transaction)
      const forgotten = await options.forgetProofs(transaction, { tenant, person })
      // A link that waited for a second step would need none any more.
      await store.voidLinks(tenant, transaction, person, ['recover', 'confirm_email'], new Date(now()))
      const principal = by === 'system' ? 'owner' : by
      await endAll(options, transaction, { tenant, person }, { principal }, 'proofs_reset')
      const event = { kind: 'proofs_reset', person, ...forgotten.had } as const
      await options.record(transaction, tenant, event, by)
      await tell(transaction, tenant, person, teller, forgotten.had)
      return { ...forgotten, email }
    })
  await afterwards()
  if (email !== null) post.send(proofsResetLetter(instance, email))
  return had
}

function tell(handle: Handle, tenant: Tenant, person: PersonId, teller: string, had: ProofsReset) {
  const sentence = `${teller} took your passkeys, one-time codes and recovery codes away. Make new ones under Signing in; if you did not ask for that, talk to them.`
  return raise(handle, tenant, { kind: 'account.proofs_reset', sentence, facts: { ...had } }, person)
}

function ownersStay(): CastellanError {
  return new CastellanError('refused', 'The owner’s own proofs are not reset here. Nothing was changed.', {
    hint: 'stop the house and run `castellan member reset-proofs --owner` on the machine',
  })
}
