/**
 * What a passkey is asked to sign: 256 random bits, good for five minutes, for one purpose of one person in one session,
 * and for one try, right or wrong. The database keeps only their hashes.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Who } from '../http/env.ts'

/** What a challenge is for; null where nobody is known yet. An assertion made for one is worth nothing for another. */
export interface Purpose {
  readonly tenant: Tenant
  readonly purpose: 'register' | 'sign-in' | 'second' | 'step-up' | 'approve'
  readonly person: string | null
  readonly session: string | null
  /** approve: the binding of the one question; second: the half sign-in. */
  readonly subject: string | null
}

const lifetimeMs = 300_000
const hashOf = (challenge: string) => createHash('sha256').update(challenge).digest()

/** Makes a challenge, as base64url, and removes those whose time is over. */
export async function issueChallenge(database: Database, of: Purpose, now: number): Promise<string> {
  const challenge = randomBytes(32).toString('base64url')
  const handle = database.as(of.tenant)
  await handle
    .deleteFrom('castellan.challenges')
    .where('tenant_id', '=', of.tenant)
    .where('expires_at', '<', new Date(now))
    .execute()
  await handle
    .insertInto('castellan.challenges')
    .values({
      challenge_hash: hashOf(challenge),
      tenant_id: of.tenant,
      purpose: of.purpose,
      person_id: of.person,
      session_id: of.session,
      subject: of.subject,
      expires_at: new Date(now + lifetimeMs),
    })
    .execute()
  return challenge
}

/** Forgets what a person was asked to sign. */
export async function dropChallenges({ tenant, person }: Who, transaction: Handle): Promise<void> {
  await transaction
    .deleteFrom('castellan.challenges')
    .where('tenant_id', '=', tenant)
    .where('person_id', '=', person)
    .execute()
}

/** Uses a challenge up; false unless it was made for exactly this and still counts. Of two at once, one gets true. */
export async function spendChallenge(
  database: Database,
  challenge: string,
  of: Purpose,
  now: number,
): Promise<boolean> {
  const row = await database
    .as(of.tenant)
    .deleteFrom('castellan.challenges')
    .where('tenant_id', '=', of.tenant)
    .where('challenge_hash', '=', hashOf(challenge))
    .returning(['purpose', 'person_id', 'session_id', 'subject', 'expires_at'])
    .executeTakeFirst()
  if (row === undefined || row.expires_at.getTime() <= now) return false
  return (
    row.purpose === of.purpose &&
    row.person_id === of.person &&
    row.session_id === of.session &&
    row.subject === of.subject
  )
}
