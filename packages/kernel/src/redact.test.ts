import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leakIndex } from './fingerprint.ts'
import { isSecretName, redacted, redactText, redactValue, Secret } from './redact.ts'

const key = Uint8Array.from({ length: 32 }, (_, i) => 13 * i + 1)
const value = 'sk-live-4fZ9qTnW27cXbE81uRkY5aLd'
const indexes = [leakIndex([{ name: 'n', value }], key)]

test.each([
  'MAIL_PASSWORD',
  'webhook_secret',
  'API_KEY',
  'GITHUB_TOKEN',
  'apiKey',
  'x-api-key',
  'accessToken',
  'clientSecret',
  'password',
  'token',
  'secret',
  'authorization',
  'Cookie',
  'set-cookie',
  'SECRET_KEY_BASE',
  'model.api_key',
])('%s names a secret', (name) => {
  expect(isSecretName(name)).toBe(true)
})

test.each([
  'PASSWORD_FILE',
  'tokens',
  'input_tokens',
  'key',
  'monkey',
  'keyboard',
  'secretary',
  'name',
  'has_keys',
  '',
])('%s names none', (name) => {
  expect(isSecretName(name)).toBe(false)
})

describe('a text', () => {
  test.each([
    [`failed with ${value}!`, `failed with ${redacted}!`],
    [`twice ${value} and ${value}`, `twice ${redacted} and ${redacted}`],
    [`Basic ${Buffer.from(`user:${value}`).toString('base64')}`, `Basic ${redacted}`],
    ['postgres://app:pa55w.rd@localhost/db', `postgres://app:${redacted}@localhost/db`],
    ['redis://:pa55w.rd@localhost', `redis://:${redacted}@localhost`],
    ['MAIL_PASSWORD=abc def', `MAIL_PASSWORD=${redacted} def`],
    ["MAIL_PASSWORD='abc def' x", `MAIL_PASSWORD=${redacted} x`],
    ['{"api_key": "abc"}', `{"api_key": ${redacted}}`],
    ['github_token: ghp_abc', `github_token: ${redacted}`],
    ['Authorization: Bearer eyJhbGciOi.J9.x', `Authorization: Bearer ${redacted}`],
    ['--api-key=abc', `--api-key=${redacted}`],
  ])('%j', (text, expected) => {
    expect(redactText(text, indexes)).toBe(expected)
  })

  test.each([
    'nothing to hide',
    'https://example.org/a:b@c?x=1',
    'input_tokens=5, monkey=1',
    'http://localhost:8080/@user',
    '',
    'the bearer of news',
    'key=1',
  ])('%j stays', (text) => {
    expect(redactText(text, indexes)).toBe(text)
  })

  test('in which a value is spread out or escaped is dropped whole', () => {
    for (const text of [
      [...value].join(' '),
      [...value].map((c) => `&#${c.charCodeAt(0)};`).join(''),
      value.replace(/./g, (c) => `\\x${c.charCodeAt(0).toString(16)}`),
    ])
      expect(redactText(`before ${text} after`, indexes)).not.toMatch(/4 ?f ?Z ?9|&#52;|x34/)
  })

  test('never keeps a random secret, whatever carries it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii', minLength: 12, maxLength: 60 }),
        fc.string(),
        fc.string(),
        (secret, before, after) => {
          fc.pre(secret.replace(/[ +-]/g, '').length >= 12)
          const index = [leakIndex([{ name: 's', value: secret }], key)]
          for (const carried of [
            secret,
            JSON.stringify(secret),
            encodeURIComponent(secret),
            Buffer.from(secret).toString('hex'),
          ]) {
            expect(redactText(before + carried + after, index)).not.toContain(carried)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

test('a value of any shape loses its secrets and keeps the rest', () => {
  const loop: { [name: string]: unknown } = { name: 'x' }
  loop['self'] = loop
  const error = Object.assign(new TypeError(`bad ${value}`, { cause: new Error('API_KEY=abc') }), {
    password: 'abc',
    code: 'E1',
  })
  const clean = redactValue(
    {
      api_key: 'abc',
      count: 3,
      none: null,
      token: null,
      password: 12345678,
      has_token: true,
      text: `x ${value}`,
      list: [value, 1],
      secret: { deep: 'abc' },
      map: new Map([
        ['db_password', 'abc'],
        ['b', '2'],
      ]),
      set: new Set([value]),
      bytes: Buffer.from(value),
      date: new Date(0),
      big: 10n,
      [value]: 1,
      error,
      loop,
      held: new Secret(value),
      fn: () => value,
      url: new URL('http://u:pw123456@h/'),
    },
    indexes,
  )
  expect(JSON.stringify(clean)).not.toMatch(/abc|4fZ9|12345678|pw123456/)
  expect(clean).toMatchObject({
    api_key: redacted,
    count: 3,
    none: null,
    token: null,
    has_token: true,
    list: [redacted, 1],
    map: { db_password: redacted, b: '2' },
    bytes: '32 bytes',
    date: '1970-01-01T00:00:00.000Z',
    big: '10',
    error: { type: 'TypeError', code: 'E1', message: `bad ${redacted}` },
    loop: { name: 'x', self: '…' },
    held: redacted,
    url: `http://u:${redacted}@h/`,
  })
})

test('keys named like parts of an object’s prototype are plain keys', () => {
  const clean = redactValue(JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'))
  expect(Object.keys(clean as object).sort()).toEqual(['__proto__', 'constructor'])
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('a Secret is printed by nothing and lent to a function', () => {
  const secret = new Secret(value)
  const shown = [
    `${secret}`,
    String(secret),
    [secret].join(),
    JSON.stringify({ secret }),
    inspect(secret, { showHidden: true }),
    inspect({ secret }, { depth: 5 }),
    Object.entries(secret).join(),
  ]
  expect(shown.join()).not.toContain('4fZ9')
  expect(shown.slice(0, 3)).toEqual([redacted, redacted, redacted])
  expect(secret.spend((lent) => lent.length)).toBe(value.length)
})
