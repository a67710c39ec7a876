/** Ledger rows of what people do to the house itself: signing in, sessions, options. Each is a row of its tenant's chain. */
import type { Json } from '@castellan/contracts'
import { hashOf } from '@castellan/kernel'
import type { Handle, Tenant } from './database/index.ts'
import type { Principal } from './http/index.ts'
import type { RecordEvent } from './identity/index.ts'
import { append } from './ledger/index.ts'
import type { PeopleEvent } from './people/index.ts'

/** The recorders that capabilities call as the last statement of their transaction. */
export function recorder(home: Tenant) {
  const note = async (
    handle: Handle,
    { tenant, by = 'owner' }: { tenant: Tenant; by?: Principal | 'system' | undefined },
    what: string,
    facts: { [name: string]: Json },
  ) => {
    await append(handle, tenant, {
      kind: 'admin',
      run: null,
      step: null,
      principal: [by],
      skill: what,
      decision: null,
      rules: [],
      argsHash: hashOf(facts),
      outcome: 'done',
      body: { args: facts },
    })
  }
  const admin = (handle: Handle, what: string, facts: { [name: string]: Json }) =>
    note(handle, { tenant: home }, what, facts)
  const identity: RecordEvent = (handle, tenant, event, by) => {
    const { kind, ...facts } = JSON.parse(JSON.stringify(event)) as { kind: string; [name: string]: Json }
    return note(handle, { tenant, by }, `identity.${kind}`, facts)
  }
  return {
    identity,
    /** Providers and the accounts connected to people. */
    account: (
      handle: Handle,
      tenant: Tenant,
      what: string,
      facts: { readonly [name: string]: string | number | boolean | null },
      by: Principal,
    ) => note(handle, { tenant, by }, what, facts),
    /** Roles, invitations, accounts. */
    people: (handle: Handle, tenant: Tenant, event: PeopleEvent, by: Principal | 'system') => {
      const { kind, ...facts } = event
      return note(handle, { tenant, by }, `identity.${kind}`, facts)
    },
    /** Codes, devices and chat accounts; what nobody did is put down to the house. */
    device: (
      handle: Handle,
      tenant: Tenant,
      what: string,
      facts: { readonly [name: string]: string | number | boolean | null },
      by: Principal | 'system' = 'system',
    ) => note(handle, { tenant, by }, what, facts),
    /** Passkeys, codes, and what sessions have shown. */
    factor: (
      handle: Handle,
      tenant: Tenant,
      what: string,
      facts: { readonly [name: string]: string | number | boolean },
      by: Principal,
    ) => note(handle, { tenant, by }, what, facts),
    /** The text goes into the row's body: what was in force when is part of why something was decided. */
    policy: (handle: Handle, change: { by: string; hash: string; text: string }) =>
      admin(handle, 'policy.changed', change),
    attachment: (handle: Handle, what: 'stored' | 'removed', facts: { [name: string]: Json }) =>
      admin(handle, `attachment.${what}`, facts),
    data: (
      handle: Handle,
      what: 'applied' | 'permissions_changed',
      facts: { readonly version: string; readonly migrations: string[]; readonly changes: string[] },
      by: Principal,
    ) => note(handle, { tenant: home, by }, `data.${what}`, facts),
    caller: (handle: Handle, what: 'created' | 'revoked', facts: { [name: string]: Json }) =>
      admin(handle, `caller.${what}`, facts),
    setting: (handle: Handle, change: { name: string; action: string }) =>
      admin(handle, `settings.${change.action}`, { name: change.name }),
  }
}
