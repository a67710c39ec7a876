/** Whoever can write the database swaps, alters, cuts and replays stored secrets. None of it may open. */
import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../packages/server/src/testing/database.ts'
import { openVault, type Vault } from '../../packages/server/src/vault/index.ts'
import { sealerOf } from '../../packages/server/src/vault/seal.ts'

const base = randomBytes(48).toString('base64')
const values = { MAIL_PASSWORD: 'correct-horse-7', 'model/claude': 'sk-ant-api03-4fZ9qTnW27cXbE81uRkY5aLd' }
let db: TestDatabase
let superuser: pg.Client
let vault: Vault

beforeAll(async () => {
  db = await testDatabase()
  superuser = await db.superuser()
  vault = openVault({ database: db.database, secretKeyBase: base })
})
afterAll(() => db.close())
beforeEach(async () => {
  await superuser.query('delete from castellan.secrets')
  for (const [name, value] of Object.entries(values)) await vault.set(db.tenant, name, 'other', value)
})

const stored = async (name: string): Promise<string> =>
  (await superuser.query('select value from castellan.secrets where name = $1', [name])).rows[0].value
const store = (name: string, value: string) =>
  superuser.query('update castellan.secrets set value = $2 where name = $1', [name, value])
const spend = (name: string) => vault.spend(db.tenant, name, async (value) => value)

test('untouched values open', async () => {
  for (const [name, value] of Object.entries(values)) expect(await spend(name)).toBe(value)
})

describe('refuses', () => {
  test('two values that changed places', async () => {
    const [a, b] = [await stored('MAIL_PASSWORD'), await stored('model/claude')]
    await store('MAIL_PASSWORD', b)
    await store('model/claude', a)
    for (const name of Object.keys(values))
      await expect(spend(name)).rejects.toMatchObject({ code: 'secret_unreadable' })
  })

  test('a row renamed, and a row moved to another tenant', async () => {
    await superuser.query("update castellan.secrets set name = 'OTHER' where name = 'MAIL_PASSWORD'")
    await expect(spend('OTHER')).rejects.toMatchObject({ code: 'secret_unreadable' })
    const place = { tenant: db.tenant, name: 'N' }
    const sealed = sealerOf(base).seal(place, 'a value')
    expect(sealerOf(base).open(place, sealed)).toBe('a value')
    expect(() => sealerOf(base).open({ ...place, tenant: `${db.tenant.slice(0, -1)}2` }, sealed)).toThrow(
      /another row/,
    )
  })

  test('places that run together when written side by side', () => {
    const sealer = sealerOf(base)
    const sealed = sealer.seal({ tenant: 'ab', name: 'c' }, 'a value')
    expect(() => sealer.open({ tenant: 'a', name: 'bc' }, sealed)).toThrow(/another row/)
  })

  test('any single bit turned, any cut, any addition', () => {
    const sealer = sealerOf(base)
    const place = { tenant: db.tenant, name: 'N' }
    const sealed = sealer.seal(place, 'sk-ant-api03')
    const bytes = Buffer.from(sealed.slice(7), 'base64')
    const again = (changed: Buffer) => `enc:v1:${changed.toString('base64')}`
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(() => sealer.open(place, again(changed))).toThrow(
        /cannot be read|was altered|another SECRET_KEY_BASE/,
      )
    }
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => sealer.open(place, again(bytes.subarray(0, length)))).toThrow()
    expect(() => sealer.open(place, again(Buffer.concat([bytes, Buffer.from([0])])))).toThrow(/altered/)
  })

  test.each([
    ['plain text', 'hunter2hunter2'],
    ['nothing', ''],
    ['another version', 'enc:v2:AAAA'],
    ['text that is no base64', 'enc:v1:@@@@'],
    ['base64 with something behind', 'enc:v1:AAAA\nAAAA'],
    ['base64url', `enc:v1:${'-_-_'.repeat(20)}`],
  ])('%s', async (_, value) => {
    await store('MAIL_PASSWORD', value)
    await expect(spend('MAIL_PASSWORD')).rejects.toMatchObject({ code: 'secret_unreadable' })
    expect((await vault.list(db.tenant)).find((each) => each.name === 'MAIL_PASSWORD')?.readable).toBe(false)
  })

  test('a genuine value in another spelling', () => {
    const sealer = sealerOf(base)
    const place = { tenant: db.tenant, name: 'N' }
    const sealed = sealer.seal(place, 'sk-ant-api03')
    for (const spelt of [
      `${sealed}\n`,
      ` ${sealed}`,
      sealed.replace(/=*$/, '.'),
      `${sealed}AAAA`,
      sealed.replace('enc:v1:', 'enc:v1: '),
    ])
      expect(() => sealer.open(place, spelt)).toThrow(expect.objectContaining({ code: 'secret_unreadable' }))
  })

  test('a value of another key under our key id', () => {
    const ours = sealerOf(base)
    const theirs = sealerOf('x'.repeat(40))
    const place = { tenant: db.tenant, name: 'N' }
    const bytes = Buffer.from(theirs.seal(place, 'a value').slice(7), 'base64')
    Buffer.from(ours.keyId, 'hex').copy(bytes)
    expect(() => ours.open(place, `enc:v1:${bytes.toString('base64')}`)).toThrow(/altered/)
  })
})

test('the form on disk is the documented one', () => {
  const place = { tenant: 't', name: 'n' }
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', base, '', purpose, 32))
  const id = derive('castellan:key-id:v1').subarray(0, 8)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', derive('castellan:vault:v1'), iv)
  cipher.setAAD(Buffer.from(`["castellan.secrets","t","n","${id.toString('hex')}"]`))
  const body = Buffer.concat([cipher.update('naïve 😀'), cipher.final()])
  const sealed = `enc:v1:${Buffer.concat([id, iv, body, cipher.getAuthTag()]).toString('base64')}`
  expect(sealerOf(base).open(place, sealed)).toBe('naïve 😀')
})

test('any text comes back, and never under the same IV', () => {
  const sealer = sealerOf(base)
  const ivs = new Set<string>()
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (value, tenant, name) => {
      const sealed = sealer.seal({ tenant, name }, value)
      const iv = sealed.slice(7, 40)
      expect(ivs.has(iv)).toBe(false)
      ivs.add(iv)
      expect(sealer.open({ tenant, name }, sealed)).toBe(value)
    }),
    { numRuns: 2000 },
  )
})

test('the database holds no plaintext in any table', async () => {
  const { rows } = await superuser.query(
    "select table_name from information_schema.tables where table_schema = 'castellan'",
  )
  for (const { table_name } of rows) {
    const { rows: content } = await superuser.query(`select t::text as text from castellan."${table_name}" t`)
    const text = content.map((row) => row.text).join('\n')
    for (const value of Object.values(values)) {
      expect(text).not.toContain(value)
      expect(text).not.toContain(Buffer.from(value).toString('base64').slice(0, -2))
    }
  }
})
