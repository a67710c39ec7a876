/** What the owner may say of a provider. Everything that is wrong is said before anything is stored. */
import { CastellanError } from '@castellan/contracts'
import { isLocalUrl } from '@castellan/kernel'
import { appleSecret } from './apple.ts'
import { isTrusted } from './configured.ts'
import type { Fields, ProviderRow } from './row.ts'
import type { StoredProvider } from './types.ts'

type Candidate = Omit<StoredProvider, 'createdAt'>

/** The provider, its fields complete; rejects with `bad_request` saying what is wrong. */
export async function checkCandidate(
  rows: readonly ProviderRow[],
  given: Candidate,
  secret: string | undefined,
): Promise<Candidate> {
  const row = rows.find(({ kind }) => kind === given.kind)
  if (row === undefined) throw wrong('There is no such kind of provider.', 'GET /api/providers lists them.')
  const fields = checkFields(row, given.fields)
  const issuer = row.protocol.type === 'oidc' ? row.protocol.issuer(fields) : row.protocol.issuer
  if (row.auth === 'apple' && secret !== undefined)
    await appleSecret(secret, { clientId: given.clientId, fields, issuer }, 0)
  checkJoin(row, given, isTrusted({ row, issuer }))
  const { name, kind, title, clientId, enabled, join, domains } = given
  return { name, kind, title, clientId, fields, enabled, join, domains: [...new Set(domains)] }
}

function checkFields(row: ProviderRow, given: Fields): Fields {
  const known = row.fields ?? []
  const strange = Object.keys(given).find((name) => !known.some((field) => field.name === name))
  if (strange !== undefined) throw wrong(`${row.title} knows no such setting.`, 'Leave it out.')
  return Object.fromEntries(
    known.map(({ name, label, default: usual }) => {
      const value = (given[name] ?? '') === '' ? usual : (given[name] ?? '')
      if (formOf[name]?.(value) === false)
        throw wrong(`${label} is not of the form it has at ${row.title}.`, hintOf(name))
      return [name, value]
    }),
  )
}

const formOf: Readonly<Record<string, (value: string) => boolean>> = {
  issuer: isIssuer,
  tenant: (value) =>
    /^(?:common|organizations|consumers|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(value),
  team_id: (value) => /^[A-Z0-9]{10}$/.test(value),
  key_id: (value) => /^[A-Z0-9]{10}$/.test(value),
}

/** An https URL without query, fragment and credentials (OpenID Connect Discovery, section 3); http on this machine only. */
function isIssuer(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, search, hash, username, password, href } = new URL(value)
  if (search !== '' || hash !== '' || username !== '' || password !== '') return false
  // An issuer is compared letter by letter, so it is kept as it is written and must be written plainly.
  if (href !== value && href !== `${value}/`) return false
  return protocol === 'https:' || (protocol === 'http:' && isLocalUrl(value))
}

function hintOf(name: string): string {
  return name === 'issuer'
    ? 'An address such as https://id.example.org, exactly as the provider writes it.'
    : 'Copy it from the provider’s page.'
}

function checkJoin(row: ProviderRow, { join, domains }: Candidate, trusted: boolean): void {
  if (join === 'everyone' && !trusted)
    throw wrong(
      `Everybody can have an account at ${row.title}, so not everybody there may join.`,
      'Name domains, or nobody.',
    )
  if (join !== 'domains') return
  if (!row.saysVerified)
    throw wrong(
      `${row.title} does not say which addresses are confirmed, so a domain proves nothing.`,
      'Invite people instead.',
    )
  if (domains.length === 0) throw wrong('No domain is named, so nobody could join.', 'Name one, or nobody.')
}

function wrong(message: string, hint: string): CastellanError {
  return new CastellanError('bad_request', message, { hint })
}
