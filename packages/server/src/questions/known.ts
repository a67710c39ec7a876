/**
 * What was used before with success: skills, whom they reached, accounts. It tells a person what is new about a question,
 * and what looks nearly like something they know; no decision rests on it.
 */
import { domainToUnicode } from 'node:url'
import type { Effect, Fresh } from '@castellan/contracts'
import { resembling } from '@castellan/kernel'
import { sql } from 'kysely'
import type { Handle, Tenant } from '../database/index.ts'

/** What one call uses, and on whose behalf: what one person has used tells nobody else anything. */
export interface Use {
  readonly of: string
  readonly skill: string
  readonly effect: Effect
  /** Names of those outside whom it reaches. */
  readonly reached: readonly string[]
  readonly accounts: readonly string[]
}

/** Names compared with, at most. */
const mostNames = 5_000

/** Notes that a call went well. Reading inside the house is nothing to be remembered. */
export async function saveUse(tenant: Tenant, handle: Handle, use: Use): Promise<void> {
  if (use.effect === 'read' && use.reached.length === 0) return
  const effect = use.effect === 'read' ? ('read' as const) : ('act' as const)
  const own = before(use)
  const rows = thingsOf(use).map(({ kind, value }) => ({
    ...{ tenant_id: tenant, effect, kind, value: own + value },
  }))
  await handle
    .insertInto('castellan.known')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** What of a call is new. Having read a page makes its host known for reading, not for sending to it. */
export async function loadFresh(
  tenant: Tenant,
  handle: Handle,
  use: Use,
  words: readonly string[],
): Promise<Fresh> {
  const own = before(use)
  const whose = own === '' ? sql`not starts_with(value, ${members})` : sql`starts_with(value, ${own})`
  const { rows } = await sql<{ kind: string; value: string }>`
    select distinct kind, substr(value, ${own.length + 1}::integer) as value from castellan.known
    where tenant_id = ${tenant} and (effect = 'act' or ${use.effect === 'read'}) and ${whose}
    limit ${mostNames}`.execute(handle)
  const known = new Set(rows.map(({ kind, value }) => `${kind} ${value}`))
  const isNew = ({ kind, value }: { kind: string; value: string }) => !known.has(`${kind} ${value}`)
  const [skill, ...targets] = thingsOf(use)
  const names = new Set([
    ...rows.flatMap(({ kind, value }) => (kind === 'skill' ? [] : [visibleName(value)])),
    ...words.flatMap(namesIn),
  ])
  return {
    skill: skill !== undefined && isNew(skill),
    targets: targets.filter(isNew).map(({ value }) => ({
      ...{ value, resembles: resembling(visibleName(value), names) },
    })),
  }
}

/** What a member's values begin with; nothing that a call uses begins so itself. */
const members = '/member:'
const before = ({ of }: Use) => (of.startsWith('member:') ? `/${of}/` : '')

function thingsOf({ skill, reached, accounts }: Use) {
  return [
    { kind: 'skill' as const, value: skill },
    ...[...new Set(reached)].map((value) => ({ kind: 'reached' as const, value })),
    ...[...new Set(accounts)].map((value) => ({ kind: 'account' as const, value })),
  ]
}

/** Hosts come in the spelling that machines use (`xn--…`); people see the other one. */
function visibleName(name: string): string {
  const [, before = '', host = name] = /^(.*@)?(.+)$/.exec(name) ?? []
  const shown = domainToUnicode(host)
  return shown === '' ? name : before + shown
}

/** Addresses and hosts in a text of the owner's. */
function namesIn(text: string): string[] {
  return text.split(/[\s<>()"'“”„,;]+/u).flatMap((token) => {
    const bare = token.replace(/[.:!?]+$/, '')
    const host = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i.exec(bare)?.[1]
    return host !== undefined ? [host] : /^\S+\.\S+$/.test(bare) ? [bare] : []
  })
}
