/** Access tokens in this process over a real database: who a token stands for, beside jose's bare check of the same one. */
import { randomBytes } from 'node:crypto'
import { importJWK, jwtVerify } from 'jose'
import { homeTenant, openDatabase } from '../packages/server/src/database/index.ts'
import { ownerIdentity } from '../packages/server/src/testing/identity.ts'
import { mint } from '../packages/server/src/tokens/mint.ts'
import { makeTokens } from '../packages/server/src/tokens/service.ts'
import { openVault } from '../packages/server/src/vault/index.ts'
import type { Cluster } from './cluster.ts'
import type { Figure } from './report.ts'

const abreast = 8
const checks = 20_000

/** One figure; the two are measured in turns, three times, so that a busy moment meets both. */
export async function tokenRows(cluster: Cluster): Promise<Figure[]> {
  const database = openDatabase(await cluster.migrated(), { size: abreast })
  try {
    const url = 'http://localhost:7420'
    const tokens = makeTokens({
      ...{ database, home: homeTenant, instance: 'bench', url, now: Date.now },
      vault: openVault({ database, secretKeyBase: randomBytes(48).toString('base64') }),
      raise: async () => {},
      requireFresh: async () => {},
      settings: () => ({ accessMs: 900_000, appleApps: [], androidApps: [] }),
    })
    const cli = { ...ownerIdentity, via: 'local-token' as const }
    const { token } = await mint(tokens, cli, {}, { address: '127.0.0.1', userAgent: 'bench' })
    const [published] = await tokens.keyring.list()
    if (published === undefined) throw new Error('there is no key')
    const key = await importJWK(published.publicKey, 'EdDSA')
    const bare = () => jwtVerify(token, key, { issuer: url, audience: 'castellan:bench' })
    const ours = async () => {
      if ((await tokens.identify(token, { address: '127.0.0.1' })) === undefined) throw new Error('refused')
    }
    const found = { bare: 0, ours: 0 }
    for (let turn = 0; turn < 3; turn += 1) {
      found.bare = Math.max(found.bare, await rate(bare))
      found.ours = Math.max(found.ours, await rate(ours))
    }
    return [
      {
        ...{ name: 'access tokens verified/s', value: found.ours, unit: '/s' },
        floor: { what: 'jose’s jwtVerify of the same token', value: found.bare },
        note: 'with header, spelling, claims, family and person',
      },
    ]
  } finally {
    await database.close()
  }
}

async function rate(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  const one = async () => {
    for (let n = 0; n < checks / abreast; n++) await work()
  }
  await Promise.all(Array.from({ length: abreast }, one))
  return checks / ((performance.now() - began) / 1000)
}
