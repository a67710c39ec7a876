import { argon2Sync } from 'node:crypto'
import { expect, test } from 'vitest'
import { emailKey } from './email.ts'
import { hashOfNobody, hashPassword, verifyPassword } from './hash.ts'

test('keeps a password as argon2id with a salt of its own', async () => {
  const [one, two] = await Promise.all([hashPassword('open sesame'), hashPassword('open sesame')])
  expect(one).toMatch(/^\$argon2id\$v=19\$m=65536,t=3,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  expect(one).not.toBe(two)
  expect(await verifyPassword('open sesame', one)).toEqual({ right: true, stale: false })
  expect(await verifyPassword('open Sesame', one)).toEqual({ right: false, stale: false })
})

test('knows a password however its letters are composed', async () => {
  const stored = await hashPassword('Z\u00fcrichsee am Abend')
  expect(await verifyPassword('Zu\u0308richsee am Abend', stored)).toMatchObject({ right: true })
})

test('verifies a hash made at an older cost and says that it should be made anew', async () => {
  const nonce = Buffer.from('0123456789abcdef')
  const tag = argon2Sync('argon2id', {
    message: 'old',
    nonce,
    parallelism: 1,
    tagLength: 32,
    memory: 1024,
    passes: 2,
  })
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const stored = `$argon2id$v=19$m=1024,t=2,p=1$${text(nonce)}$${text(Buffer.from(tag))}`
  expect(await verifyPassword('old', stored)).toEqual({ right: true, stale: true })
  expect(await verifyPassword('new', stored)).toMatchObject({ right: false })
})

test('has a hash for nobody that nothing opens, and refuses what is no hash', async () => {
  expect(await verifyPassword('', await hashOfNobody())).toMatchObject({ right: false })
  expect(await hashOfNobody()).toBe(await hashOfNobody())
  for (const broken of ['', 'plain', '$argon2i$v=19$m=1,t=1,p=1$YWFhYWFhYWE$YWFhYWFhYWE', '$2b$10$abc'])
    await expect(verifyPassword('x', broken)).rejects.toThrow(TypeError)
})

test.each([
  ['Mia@Example.COM', 'mia@example.com'],
  [' mia@example.com ', 'mia@example.com'],
  ['\uff2d\uff49\uff41@example.com', 'mia@example.com'],
  ['mia@b\u00fccher.example', 'mia@xn--bcher-kva.example'],
  ['\u212aim@example.com', 'kim@example.com'],
  ['mia+castle@example.com', 'mia+castle@example.com'],
])('compares %s as %s', (address, key) => {
  expect(emailKey(address)).toBe(key)
})

test.each([
  '',
  'mia',
  'mia@',
  '@example.com',
  'a@b@example.com',
  'mia@localhost',
  'mia@exa mple.com',
  'a\uff20b@example.com',
  'mia\r\n@example.com',
  '<mia@example.com>',
  `${'x'.repeat(65)}@example.com`,
])('takes %j for no address', (address) => {
  expect(emailKey(address)).toBeUndefined()
})
