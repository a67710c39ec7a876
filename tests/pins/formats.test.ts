/**
 * Frozen: what is stored for years or signed. The vectors were made by another implementation (Python's hashlib and
 * cryptography) from the words of the format; a change of one makes existing instances unreadable or unverifiable, so a
 * new form gets a new version beside the old one.
 */
import type { LedgerRow } from '@castellan/contracts'
import { bindingOf } from '@castellan/kernel'
import { describe, expect, test } from 'vitest'
import { type Checkpoint, isGenuine, signerOf } from '../../packages/server/src/ledger/checkpoint.ts'
import { noHash, rowHash } from '../../packages/server/src/ledger/verify.ts'
import { deriveKey } from '../../packages/server/src/vault/keys.ts'
import { sealerOf } from '../../packages/server/src/vault/seal.ts'

const secretKeyBase = 'pin-secret-key-base-0123456789abcdefghijklmnop'
const tenant = '00000000-0000-0000-0000-000000000001'
const at = '2026-11-21T10:20:30.456Z'

test.each([
  ['vault', 'e0cefd4e04f48ccd52eb57a0f39a83328dfab099e8cfe80e5b5884ac9dc4d22a'],
  ['key-id', 'e8758658d9890808d37dd3ace3952f439bf5de3659e0bc5f682e13448dd0628f'],
  ['leak', '1245fa1a4a26972faa2c24b5eb16e078d6398450e7073968be8ec1350fdf03d2'],
  ['ledger-checkpoint', 'a9f54ddee40d2a1402291b48bda93bff1f03ad246a1ff731708db04558b6746b'],
] as const)('the key for %s', (purpose, key) => {
  expect(deriveKey(secretKeyBase, purpose).toString('hex')).toBe(key)
})

test('a vault value, enc:v1', () => {
  const sealed = 'enc:v1:6HWGWNmJCAgAAQIDBAUGBwgJCguIpxN+8DDqq+tPMz/lz+kZMBPUYpQGBpEmId/SPHj5gN3voA=='
  const sealer = sealerOf(secretKeyBase)
  expect(sealer.keyId).toBe('e8758658d9890808')
  expect(sealer.open({ tenant, name: 'model/claude' }, sealed)).toBe('sk-ant-Grüße-1234')
  expect(sealer.seal({ tenant, name: 'model/claude' }, 'x')).toMatch(/^enc:v1:6HWGWNmJCA[A-Za-z0-9+/]+=*$/)
})

describe('the ledger', () => {
  const row: LedgerRow = {
    seq: 7,
    at,
    kind: 'intent',
    run: 'run-1',
    step: 'act.0.0',
    principal: ['owner', 'agent:default'],
    skill: 'http.post',
    decision: 'allow',
    rules: ['approved', 'owner:"ask"'],
    args: '4f072879bfcb7ba9afcb05c0f48a66daea9d0cfda805b5793ec4efe62384cade',
    outcome: null,
    prev: '0'.repeat(64),
    hash: '',
  }

  test('the hash of a row, and what comes before the first', () => {
    expect(rowHash(tenant, row)).toBe('a465c88a50eed39cbb747cfd03b3a6cba0aea986737d8a995827a006d1b98873')
    expect(noHash).toBe('0'.repeat(64))
  })

  test('a checkpoint', () => {
    const signer = signerOf(deriveKey(secretKeyBase, 'ledger-checkpoint'))
    const checkpoint: Checkpoint = {
      ...{ v: 1, tenant, seq: 7, hash: 'a'.repeat(64), count: 7, at },
      key: '22ef9c1abe2561ba',
      signature: 'F4h+KwLM2/VaaPnLMvInCqFQn6fGlGNFWt5oMsJGxDTGygQ8NLHspl0wrTHdRKk+/5+LX2jM3E9y1LaTm/OYAQ==',
    }
    expect(signer.publicKey).toBe('ksTieIA2JehKHtzLLTL0Bu3OtJdkYNxzeKQ3svJhj0c=')
    expect(signer.sign({ tenant, seq: 7, hash: 'a'.repeat(64), count: 7, at })).toEqual(checkpoint)
    expect(isGenuine(checkpoint, signer.publicKey)).toBe(true)
  })
})

test('what a yes is bound to', () => {
  const call = {
    skill: 'http.post',
    args: { url: 'https://a.example/', body: { text: 'Grüße', copies: 2 } },
    principal: ['owner', 'agent:default'],
    run: 'run-1',
    nonce: 'nonce-1',
  }
  expect(bindingOf(call)).toBe('d52745abea22de51634f0135747eec76e45646eb54c2be7ee680947acb9690f0')
})
