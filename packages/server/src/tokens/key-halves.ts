/** The halves of signing keys, ready for use: the public one from its JWK, the private one lent by the vault once. */
import type { KeyObject } from 'node:crypto'
import { type CryptoKey, importJWK } from 'jose'
import type { Tenant } from '../database/index.ts'
import type { SigningKey } from './key-plan.ts'
import type { TokenOptions } from './types.ts'

/** A key ready for use, with the only algorithm it is used with. */
export interface ReadyKey {
  readonly kid: string
  readonly alg: 'EdDSA' | 'HS256'
  readonly key: CryptoKey | KeyObject
}

/** Where the private half lies in the vault. */
export const secretName = (kid: string): string => `token/${kid}`

/** Reads halves and keeps them until they are dropped; what is kept cannot be read out of its object again. */
export function keyHalves(vault: Pick<TokenOptions['vault'], 'spend'>, home: Tenant) {
  const ready = new Map<string, Promise<ReadyKey>>()
  function remembered(name: string, make: () => Promise<ReadyKey>): Promise<ReadyKey> {
    const made = ready.get(name) ?? make()
    ready.set(name, made)
    made.catch(() => ready.delete(name))
    return made
  }
  return {
    public: ({ kid, publicKey }: SigningKey) =>
      remembered(kid, async () => asReady(kid, await importJWK(publicKey, 'EdDSA'))),
    private: ({ kid, publicKey }: SigningKey) =>
      remembered(`${kid} private`, () =>
        vault.spend(home, secretName(kid), async (d) =>
          asReady(kid, await importJWK({ ...publicKey, d }, 'EdDSA', { extractable: false })),
        ),
      ),
    drop(kid: string): void {
      ready.delete(kid)
      ready.delete(`${kid} private`)
    },
  }
}

function asReady(kid: string, key: CryptoKey | Uint8Array): ReadyKey {
  if (key instanceof Uint8Array) throw new TypeError(`the key ${kid} is no key pair`)
  return { kid, alg: 'EdDSA', key }
}
