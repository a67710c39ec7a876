/**
 * Notices a lost or changed SECRET_KEY_BASE. One row holds a known value: if that does not open, the key is another one,
 * even when nothing else is stored. The row follows a new key only once nothing is left that needs the old one.
 */
import type { Handle, Tenant } from '../database/index.ts'
import { opens, type Sealer } from './seal.ts'
import { keyCheckName, loadSecrets, type SecretRow, saveSecret } from './store.ts'

/** Whether the stored secrets can be read with this SECRET_KEY_BASE, and what to do if not. */
export type VaultCheck =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** The key is another one; else single rows were altered. */
      readonly keyChanged: boolean
      /** Names that cannot be read; may be empty when the key changed before anything was stored. */
      readonly unreadable: readonly string[]
      readonly problem: string
      readonly hint: string
    }

interface Findings {
  readonly unreadable: readonly string[]
  /** Undefined: there is no such row yet. */
  readonly keyFits: boolean | undefined
}

/** Looks whether everything opens; makes the check row when there is none and nothing speaks against it. */
export async function checkKey(sealer: Sealer, handle: Handle, tenant: Tenant): Promise<VaultCheck> {
  const { unreadable, keyFits } = examine(sealer, tenant, await loadSecrets(tenant, handle))
  if (unreadable.length === 0 && keyFits === undefined) await saveKeyCheck(sealer, handle, tenant)
  if (unreadable.length === 0 && keyFits !== false) return { ok: true }
  const names = unreadable.join(', ')
  if (keyFits === true) {
    return {
      ok: false,
      keyChanged: false,
      unreadable,
      problem: `These secrets were altered in the database and cannot be read: ${names}. Nothing was overwritten.`,
      hint: 'restore them from a backup, or remove and set each again: castellan secrets unset NAME, castellan secrets set NAME',
    }
  }
  return {
    ok: false,
    keyChanged: true,
    unreadable,
    problem:
      unreadable.length === 0
        ? 'SECRET_KEY_BASE is not the one this instance began with. No secret is lost; ledger checkpoints signed with the old one cannot be checked.'
        : `SECRET_KEY_BASE is not the one these secrets were stored with: ${names}. Nothing was overwritten.`,
    hint:
      unreadable.length === 0
        ? 'put the old SECRET_KEY_BASE back into .env.secrets, or go on with the new one by setting any secret'
        : 'put the old SECRET_KEY_BASE back into .env.secrets; if it is lost, enter each again: castellan secrets unset NAME, castellan secrets set NAME',
  }
}

/** After a change of the stored secrets: the check row is of this key as soon as everything else is. */
export async function keepKeyCheck(sealer: Sealer, handle: Handle, tenant: Tenant): Promise<void> {
  const { unreadable, keyFits } = examine(sealer, tenant, await loadSecrets(tenant, handle))
  if (unreadable.length === 0 && keyFits !== true) await saveKeyCheck(sealer, handle, tenant)
}

function examine(sealer: Sealer, tenant: Tenant, rows: readonly SecretRow[]): Findings {
  const check = rows.find((row) => row.name === keyCheckName)
  const secrets = rows.filter((row) => row.name !== keyCheckName)
  const readable = ({ name, value }: SecretRow) => opens(sealer, { tenant, name }, value)
  return {
    unreadable: secrets.filter((row) => !readable(row)).map((row) => row.name),
    keyFits: check === undefined ? undefined : readable(check),
  }
}

async function saveKeyCheck(sealer: Sealer, handle: Handle, tenant: Tenant): Promise<void> {
  const value = sealer.seal({ tenant, name: keyCheckName }, 'castellan')
  await saveSecret(tenant, handle, { name: keyCheckName, kind: 'key-check', value })
}
