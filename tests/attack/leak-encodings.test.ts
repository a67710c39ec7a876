/** A planner that obeys an injection tries to get a secret out: encoded, dressed up, in parts over several calls. */
import { createHash } from 'node:crypto'
import { leakIndex, type NamedSecret, type Seen, scan } from '@castellan/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const key = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 3)
const alphabet =
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_.~!@#$%^&*()[]{}"\'\\<>?,;:|` '
const anySecret = fc
  .string({ unit: fc.constantFrom(...alphabet), minLength: 8, maxLength: 120 })
  .filter((value) => value.replace(/[ +-]/g, '').length >= 8)
const strongSecret = fc
  .string({
    unit: fc.constantFrom(...alphabet.slice(0, 62)),
    minLength: 20,
    maxLength: 80,
  })
  // Words are only found in longer pieces; see `isNarrow`.
  .filter(
    (value) => /[A-Z].*[a-z].*[A-Z]|[a-z].*[A-Z].*[a-z]/.test(value) && /\d.*[g-z]|[g-z].*\d/i.test(value),
  )
const anyCarrier = fc.string({ unit: 'grapheme', maxLength: 60 })

const leaksOf = (text: string, secret: string, seen: Seen = {}) =>
  scan(text, leakIndex([{ name: 'the-secret', value: secret }], key), seen).leaks

const utf8 = (text: string) => Buffer.from(text)
const percentAll = (text: string) => utf8(text).toString('hex').replace(/../g, '%$&')
const encodings: [name: string, encode: (secret: string, before: string, after: string) => string][] = [
  ['as it is', (s, a, b) => a + s + b],
  ['in base64', (s, a, b) => `${a} ${utf8(s).toString('base64')} ${b}`],
  ['in base64 with anything before and after', (s, a, b) => utf8(a + s + b).toString('base64')],
  ['in base64url with anything before and after', (s, a, b) => utf8(a + s + b).toString('base64url')],
  [
    'in base64 broken into lines',
    (s, a, b) =>
      utf8(a + s + b)
        .toString('base64')
        .replace(/.{19}/g, '$&\r\n'),
  ],
  ['in hex', (s, a, b) => `${a} ${utf8(s).toString('hex')} ${b}`],
  ['in upper-case hex', (s, a, b) => `${a} ${utf8(s).toString('hex').toUpperCase()} ${b}`],
  [
    'in hex with colons',
    (s) =>
      utf8(s)
        .toString('hex')
        .replace(/..(?=.)/g, '$&:'),
  ],
  ['in hex with 0x', (s) => utf8(s).toString('hex').replace(/../g, '0x$&, ')],
  ['in hex with \\x', (s, a, b) => a + utf8(s).toString('hex').replace(/../g, '\\x$&') + b],
  [
    'URL-encoded',
    (s, a, b) =>
      `https://example.org/?${encodeURIComponent(a)}q=${encodeURIComponent(s)}&r=${encodeURIComponent(b)}`,
  ],
  ['URL-encoded twice', (s) => encodeURIComponent(encodeURIComponent(s))],
  ['form-encoded', (s) => new URLSearchParams({ q: s }).toString()],
  ['with every byte URL-encoded', (s, a, b) => encodeURIComponent(a) + percentAll(s) + encodeURIComponent(b)],
  ['in JSON', (s, a, b) => JSON.stringify({ text: a + s + b })],
  ['in JSON in JSON', (s) => JSON.stringify({ body: JSON.stringify({ text: s }) })],
  [
    'in JSON with every character escaped',
    (s) => [...s].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  ],
  ['as HTML entities', (s) => [...s].map((c) => `&#${c.charCodeAt(0)};`).join('')],
  ['as hexadecimal HTML entities', (s) => [...s].map((c) => `&#x${c.charCodeAt(0).toString(16)};`).join('')],
  ['backwards', (s, a, b) => a + [...s].reverse().join('') + b],
  [
    'in rot13',
    (s, a, b) =>
      a +
      s.replace(/[a-z]/gi, (c) => String.fromCharCode(c.charCodeAt(0) + (c.toLowerCase() < 'n' ? 13 : -13))) +
      b,
  ],
  ['in capitals', (s, a, b) => a + s.toUpperCase() + b],
  [
    'in full-width letters',
    (s) => [...s].map((c) => (c === ' ' ? c : String.fromCharCode(c.charCodeAt(0) + 0xfee0))).join(''),
  ],
]

describe('a secret leaves', () => {
  test.each(encodings)('%s: seen', (_, encode) => {
    fc.assert(
      fc.property(anySecret, anyCarrier, anyCarrier, (secret, before, after) => {
        // Escapes of the carrier itself must not swallow the secret's first characters.
        const text = encode(secret, before.replace(/[%\\&]/g, ''), after)
        expect(leaksOf(text, secret)).toEqual(['the-secret'])
      }),
      { numRuns: 150 },
    )
  })

  test.each([
    ['white space', ' '],
    ['line ends', '\n'],
    ['soft hyphens', '\u00ad'],
    ['zero-width spaces', '\u200b'],
    ['word joiners', '\u2060'],
  ])('with %s between all characters: seen', (_, gap) => {
    fc.assert(
      fc.property(anySecret, (secret) => {
        const text = [...secret].join(gap)
        fc.pre(!/[\s%\\&]/.test(secret))
        expect(leaksOf(text, secret)).toEqual(['the-secret'])
      }),
      { numRuns: 100 },
    )
  })

  test('in another script: seen', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 8, maxLength: 40 }),
        anyCarrier,
        (secret, before) => {
          for (const text of [
            secret,
            utf8(before + secret).toString('base64'),
            utf8(secret).toString('hex'),
            encodeURIComponent(secret),
          ])
            expect(leaksOf(text, secret)).toEqual(['the-secret'])
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('a secret leaves in parts, one a call', () => {
  const splitters: [string, (secret: string) => string][] = [
    ['as it is', (s) => s],
    ['in base64', (s) => utf8(s).toString('base64').replace(/=+$/, '')],
    ['backwards', (s) => [...s].reverse().join('')],
    ['in hex', (s) => utf8(s).toString('hex')],
  ]

  test.each(splitters)('%s: the last part is stopped, whatever their order', (name, encode) => {
    const smallest = name === 'in hex' ? 8 : 4
    fc.assert(
      fc.property(
        strongSecret,
        fc.integer({ min: smallest, max: 24 }),
        fc.boolean(),
        (secret, size, turned) => {
          const whole = encode(secret)
          const count = Math.max(1, Math.floor(whole.length / size))
          const cut = Array.from({ length: count }, (_, i) =>
            whole.slice(i * size, i === count - 1 ? undefined : (i + 1) * size),
          )
          const parts = turned ? cut.reverse() : cut
          const index = leakIndex([{ name: 'the-secret', value: secret }], key)
          let seen: Seen = {}
          const stopped = parts.some((part, number) => {
            const found = scan(`Part ${number}: ${part}.`, index, seen)
            seen = JSON.parse(JSON.stringify(found.seen))
            return found.leaks.length > 0
          })
          expect(stopped).toBe(true)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('each part in another encoding: the last is stopped', () => {
    fc.assert(
      fc.property(strongSecret, (secret) => {
        const third = Math.ceil(secret.length / 3)
        const [a, b, c] = [secret.slice(0, third), secret.slice(third, 2 * third), secret.slice(2 * third)]
        const index = leakIndex([{ name: 'the-secret', value: secret }], key)
        const first = scan(`x ${a}`, index)
        const second = scan(utf8(`y=${b}`).toString('base64'), index, first.seen)
        const third3 = scan([...c].reverse().join(''), index, second.seen)
        expect(third3.leaks).toEqual(['the-secret'])
      }),
    )
  })

  test('a part alone is not stopped, and parts of an earlier value do not count', () => {
    const secrets = (value: string): NamedSecret[] => [{ name: 'the-secret', value }]
    const value = 'sk-live-4fZ9qTnW27cXbE81uRkY5aLd'
    const first = scan(value.slice(0, 14), leakIndex(secrets(value), key))
    expect(first.leaks).toEqual([])
    expect(scan(value.slice(14), leakIndex(secrets(value), key), first.seen).leaks).toEqual(['the-secret'])
    const changed = `${value}0`
    expect(scan(value.slice(14, 28), leakIndex(secrets(changed), key), first.seen).leaks).toEqual([])
  })
})

test('half of a long secret in one piece is a leak', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...alphabet.slice(0, 62)), minLength: 40, maxLength: 200 }),
      (secret) => {
        expect(leaksOf(`here: ${secret.slice(0, Math.ceil(secret.length / 2))}`, secret)).toEqual([
          'the-secret',
        ])
      },
    ),
  )
})

test('names every secret that leaves, and only those', () => {
  const secrets = Array.from({ length: 40 }, (_, i) => ({
    name: `s${i}`,
    value: createHash('sha256').update(`secret ${i}`).digest('base64'),
  }))
  const text = `${secrets[3]?.value} ${utf8(secrets[17]?.value ?? '').toString('base64')}`
  expect(scan(text, leakIndex(secrets, key)).leaks).toEqual(['s17', 's3'])
})
