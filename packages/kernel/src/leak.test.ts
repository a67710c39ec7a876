import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leakIndex } from './fingerprint.ts'
import { leakSpans, type Seen, scan } from './leak.ts'

const key = Uint8Array.from({ length: 32 }, (_, i) => 11 * i + 5)
const words =
  `the of and to a in is it you that he was for on are with as his they be at one have this from or had by hot but
some what there we can out other were all your when up use word how said an each she which do their time if will way
about many then them would write like so these her long make thing see him two has look more day could go come did my
sound no most number who over know water than call first people may down side been now find any new work part take get
place made live where after back little only round man year came show every good me give our under name very through
just form much great think say help low line before turn cause same mean differ move right boy old too does tell
sentence set three want air well also play small end put home read hand port large spell add even land here must big
high such follow act why ask men change went light kind off need house picture try us again animal point mother world
near build self earth father sunshine football password summer correct horse battery staple dragon monkey master 2024
https://example.org/ castellan postgres localhost 127.0.0.1:5432 {"key":"value"} TOKEN= secret key-1 v1.2.3 10:30`
    .split(/\s+/)
    .filter(Boolean)
const prose = fc.array(fc.constantFrom(...words), { maxLength: 400 }).map((some) => some.join(' '))
const strong = fc.string({
  unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'),
  minLength: 8,
  maxLength: 64,
})

/** All texts of a run, one after the other. */
function leaksOfRun(texts: readonly string[], value: string): readonly string[] {
  const index = leakIndex([{ name: 's', value }], key)
  let seen: Seen = {}
  for (const text of texts) {
    const found = scan(text, index, seen)
    if (found.leaks.length > 0) return found.leaks
    seen = found.seen
  }
  return []
}

describe('harmless texts pass', () => {
  test('however long the run, for random secrets', () => {
    fc.assert(
      fc.property(strong, fc.array(prose, { maxLength: 20 }), (value, texts) => {
        fc.pre(!texts.some((text) => text.toLowerCase().includes(value.toLowerCase())))
        expect(leaksOfRun(texts, value)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  test('a megabyte of hexadecimal digits, digits or base64 that is not the secret', () => {
    let state = 1
    const next = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state >>> 24
    }
    const noise = Buffer.from(Array.from({ length: 400_000 }, next))
    const digits = Array.from({ length: 400_000 }, () => next() % 10).join('')
    const secrets = [
      '4fZ9qTnW27cXbE81uRkY5aLd',
      '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b',
      '4929381203948571',
      'hunter2hunter2',
    ]
    for (const value of secrets) {
      expect(leaksOfRun([noise.toString('hex'), noise.toString('base64'), digits], value)).toEqual([])
    }
  })

  test.each([
    [
      'the public parts of a connection string',
      'postgres://castellan:x9Qv7LmT2rW8@127.0.0.1:5432/castellan',
      'postgres://castellan at 127.0.0.1:5432/castellan',
    ],
    [
      'the head and foot of a PEM file',
      `-----BEGIN PRIVATE KEY-----\n${'MC4CAQAwBQYDK2VwBCIEIPq7L2n0s8vR'.repeat(2)}\n-----END PRIVATE KEY-----`,
      '-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----',
    ],
    [
      'the beginning that all such keys share',
      'sk-ant-api03-Zk8qT4nW27cXbE81uRkY5aLd9fPo3G',
      'keys begin with sk-ant-api03- and then random letters',
    ],
    [
      'the host of a secret address',
      'https://hooks.slack.com/services/T01ABCDEF/B02GHIJKL/xWq9ZkTr4LmN8vBc',
      'https://hooks.slack.com/services/ is where hooks live',
    ],
    [
      'the words of a passphrase, apart',
      'correct horse battery staple',
      'the correct way to feed a horse; a battery; a staple',
    ],
    ['the word of a weak password', 'Summer2024!!', 'Summer came, and it was 2024.'],
    ['pieces of a word', 'sunshine', 'Some suns are dim. Nine shines. Sunday shin.'],
  ])('%s', (_, value, text) => {
    expect(leaksOfRun([text, text.repeat(3)], value)).toEqual([])
    expect(leaksOfRun([`${text} ${value}`], value)).toEqual(['s'])
  })
})

test('a value under eight characters is not looked for', () => {
  expect(leakIndex([{ name: 's', value: 'abc1234' }], key).secrets).toEqual([])
})

test('an index holds no plaintext', () => {
  const value = 'sk-live-4fZ9qTnW27cXbE81uRkY5aLd'
  const index = leakIndex([{ name: 'n', value }], key)
  const text = JSON.stringify(index, (_, each) =>
    ArrayBuffer.isView(each) ? Buffer.from(each.buffer).toString('latin1') : each,
  )
  for (let i = 0; i + 4 <= value.length; i += 1) expect(text).not.toContain(value.slice(i, i + 4))
})

test('another key gives other fingerprints', () => {
  const secrets = [{ name: 'n', value: 'sk-live-4fZ9qTnW27cXbE81uRkY5aLd' }]
  const [a, b] = [
    leakIndex(secrets, key),
    leakIndex(
      secrets,
      key.map((byte) => byte ^ 1),
    ),
  ]
  expect(a.secrets[0]?.id).not.toBe(b.secrets[0]?.id)
  const others = new Set(b.fine.first)
  expect([...a.fine.first].filter((hash) => others.has(hash))).toEqual([])
})

test('shows where a secret lies in a text', () => {
  const value = 'sk-live-4fZ9qTnW27cXbE81uRkY5aLd'
  const index = leakIndex([{ name: 'n', value }], key)
  const base64 = Buffer.from(value).toString('base64url')
  for (const [before, held, after] of [
    ['token=', value, ' and on'],
    ['', value, ''],
    ['é ', base64.slice(0, -1), ' x'],
  ] as const) {
    expect(leakSpans(before + held + after, index)).toEqual([[before.length, before.length + held.length]])
  }
  expect(leakSpans('nothing here', index)).toEqual([])
})

test('a text made to be slow is not', () => {
  const secrets = Array.from({ length: 20 }, (_, i) => ({ name: `s${i}`, value: `${'a'.repeat(2000)}${i}` }))
  const index = leakIndex(secrets, key)
  const started = process.cpuUsage()
  scan('a'.repeat(200_000), index)
  scan('%61'.repeat(70_000), index)
  // Processor time: the machine may be busy with other things.
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(2000)
})
