/** Registered apps: who may ask people to sign in, and at which addresses it is answered. Registered by the owner alone. */
import { CastellanError, type ClientView, type NewClient } from '@castellan/contracts'
import type * as z from 'zod'
import type { Alive } from './alive.ts'
import { record } from './record.ts'
import { checkRedirect } from './redirects.ts'
import * as store from './store.ts'
import type { TokenOptions } from './types.ts'

/** All of them, by name. */
export const listClients = ({ database, home }: TokenOptions): Promise<ClientView[]> =>
  store.loadClients(home, database.as(home))

/** Registers one. Throws `bad_request` for an address that no app may have, `conflict` for an id that is taken. */
export async function addClient(
  { database, home, now }: TokenOptions,
  asked: z.infer<typeof NewClient>,
): Promise<ClientView> {
  for (const uri of asked.redirect_uris) checkRedirect(uri)
  const client: ClientView = { ...asked, created_at: new Date(now()).toISOString() }
  await database
    .as(home)
    .transaction()
    .execute(async (transaction) => {
      if (!(await store.saveClient(home, transaction, client))) {
        throw new CastellanError(
          'conflict',
          `An app ${client.id} is registered already. Nothing was changed.`,
        )
      }
      const { id, redirect_uris } = client
      await record(transaction, home, { kind: 'client_added', client: id, redirect_uris }, 'owner')
    })
  return client
}

/** Removes one; whoever is signed in with it is signed out. Throws `not_found`. */
export async function removeClient(
  { database, home }: TokenOptions,
  alive: Alive,
  id: string,
): Promise<void> {
  await database
    .as(home)
    .transaction()
    .execute(async (transaction) => {
      if (!(await store.deleteClient(home, transaction, id))) {
        throw new CastellanError('not_found', 'No app of that name is registered.')
      }
      await record(transaction, home, { kind: 'client_removed', client: id }, 'owner')
    })
  alive.forget()
}
