/**
 * The keys that sign access tokens: Ed25519, their private halves sealed in the vault, their public ones in the JWKS; or,
 * while HASURA_JWT_KEY is set, that one shared key. A key brings its own algorithm; what a token claims decides nothing.
 */
import { createSecretKey, randomBytes } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { keyHalves, type ReadyKey, secretName } from './key-halves.ts'
import {
  dueKey,
  isPublished,
  leewayMs,
  longestTokenMs,
  type SigningKey,
  signingKey,
  takeOver,
} from './key-plan.ts'
import { record } from './record.ts'
import * as store from './store.ts'
import type { TokenOptions } from './types.ts'

/** The keys of an instance. */
export interface Keyring {
  /** What signs now; makes a key when there is none. */
  signer(): Promise<ReadyKey>
  /** What verifies tokens of this `kid`; undefined for one that is not ours or has left. */
  verifier(kid: string): Promise<ReadyKey | undefined>
  /** What the JWKS holds, oldest first, some seconds old at most; while a shared key signs, only what signed before. */
  published(): Promise<readonly SigningKey[]>
  /** The same as it is now. */
  list(): Promise<readonly SigningKey[]>
  /** Makes the next key when it is due, forgets those that no living token needs. */
  tend(): Promise<void>
  /** Makes a key that takes over in ten minutes; at once, when the old ones are not to be trusted: then they leave too. */
  rotate(atOnce: boolean): Promise<SigningKey>
  /** Whether tokens are signed with HASURA_JWT_KEY. */
  readonly isShared: boolean
}

/** The `kid` of tokens signed with HASURA_JWT_KEY. */
export const sharedKid = 'hs256'

/** How soon what another process does to the keys is known here; unknown kids cause no more reading than this. */
const rereadMs = 5_000

/** Opens the keyring. Keys are read at first use. */
export function openKeyring(options: TokenOptions): Keyring {
  const { database, home, vault, now } = options
  const handle = database.as(home)
  const shared = sharedKey(options.sharedKey)
  const halves = keyHalves(vault, home)
  let known: { readonly at: number; readonly keys: Promise<readonly SigningKey[]> } | undefined

  async function keys(notOlderThanMs = rereadMs): Promise<readonly SigningKey[]> {
    const age = known === undefined ? Number.POSITIVE_INFINITY : now() - known.at
    if (known === undefined || age < 0 || age >= notOlderThanMs) {
      known = { at: now(), keys: store.loadKeys(home, handle) }
      known.keys.catch(() => {
        known = undefined
      })
    }
    return (await known.keys).filter((key) => isPublished(key, now()))
  }

  /** The private half is in the vault before anybody can know the public one. */
  async function make(plan: (keys: readonly SigningKey[]) => Times | undefined, atOnce: boolean | null) {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
    const kid = randomBytes(8).toString('hex')
    const { d = '' } = await exportJWK(privateKey)
    await vault.set(home, secretName(kid), 'signing-key', d)
    const { crv, kty, x } = await exportJWK(publicKey)
    const jwk = { kty, crv, x, kid, alg: 'EdDSA', use: 'sig' } as JWK
    const made = await handle.transaction().execute(async (transaction) => {
      await store.lockKeys(transaction)
      const times = plan(await store.loadKeys(home, transaction))
      if (times === undefined) return undefined
      const key = { kid, publicKey: jwk, createdAt: new Date(now()), ...times }
      await store.endSigning(home, transaction, times.signsFrom)
      await store.saveKey(home, transaction, key)
      await record(transaction, home, { kind: 'keys_rotated', kid, at_once: atOnce === true }, 'owner')
      return key
    })
    if (made === undefined) await vault.unset(home, secretName(kid))
    known = undefined
    return made
  }

  async function forget(isUseless: (key: SigningKey) => boolean): Promise<void> {
    for (const key of (await store.loadKeys(home, handle)).filter(isUseless)) {
      await store.deleteKey(home, handle, key.kid)
      await vault.unset(home, secretName(key.kid))
      halves.drop(key.kid)
    }
    known = undefined
  }

  async function current(): Promise<SigningKey> {
    const found = signingKey(await keys(), now()) ?? signingKey(await keys(0), now())
    if (found !== undefined) return found
    await make((all) => dueKey(all, now()), null)
    const made = signingKey(await keys(0), now())
    if (made === undefined) throw new TypeError('a key was made and does not sign')
    return made
  }

  return {
    isShared: shared !== undefined,
    signer: async () => shared ?? halves.private(await current()),
    async verifier(kid) {
      if (kid === sharedKid) return shared
      const found = (await keys()).find((key) => key.kid === kid)
      return found === undefined ? undefined : halves.public(found)
    },
    published: async () => {
      if (shared === undefined) await current()
      return keys()
    },
    list: () => keys(0),
    async tend() {
      if (dueKey(await keys(0), now()) !== undefined) await make((all) => dueKey(all, now()), null)
      const before = now() - longestTokenMs - leewayMs
      await forget((key) => key.signsUntil.getTime() < before)
    },
    async rotate(atOnce) {
      const made = await make(() => takeOver(now(), atOnce), atOnce)
      if (made === undefined) throw new TypeError('a key made by hand is always due')
      if (atOnce) await forget((key) => key.kid !== made.kid)
      return made
    },
  }
}

type Times = { readonly signsFrom: Date; readonly signsUntil: Date }

function sharedKey(text: string | undefined): ReadyKey | undefined {
  if (text === undefined || text === '') return undefined
  return { kid: sharedKid, alg: 'HS256', key: createSecretKey(text, 'utf8') }
}
