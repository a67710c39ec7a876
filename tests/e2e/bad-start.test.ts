/** Starts that must not happen: each is said in words, changes nothing, and works again once the mistake is mended. */
import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SecretView } from '@castellan/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { type Instance, makeInstance, showWhenFailed } from './instance.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let house: Instance
let before: Map<string, string>
showWhenFailed(() => house)
beforeAll(async () => {
  house = await makeInstance()
  await house.start()
  const kept = await house.cli(['secrets', 'set', 'KEPT'], { input: 'hunter2-hunter2\n' })
  expect(kept.code).toBe(0)
  await house.stop()
  before = await contents()
})
afterAll(() => house?.close())

const files = ['castellan.yaml', '.env', '.env.secrets'] as const
const original = new Map<string, string>()
async function change(
  file: (typeof files)[number] | '.env.local' | 'policy.cedar',
  by: (text: string) => string,
) {
  const path = join(house.directory, file)
  const text = await readFile(path, 'utf8').catch(() => '')
  original.set(path, text)
  await writeFile(path, by(text))
}
afterEach(async () => {
  for (const [path, text] of original) await writeFile(path, text)
  original.clear()
})

/** Starts it, which must fail. */
async function refused(): Promise<{ code: number; stderr: string; error: { code: string } }> {
  const { code, stdout, stderr } = await house.cli(['up', '--port', '0', '--no-open', '--json'])
  return { code, stderr, error: JSON.parse(stdout).error }
}

describe('castellan.yaml with keys nobody knows', () => {
  test('is refused with every line and what was probably meant', async () => {
    await change(
      'castellan.yaml',
      (text) => `${text.replace('personas:', 'persona:')}egres: {}\nlogging: loud\n`,
    )
    const { code, stderr, error } = await refused()
    expect([code, error.code]).toEqual([1, 'bad_configuration'])
    expect(stderr).toMatch(/castellan\.yaml:\d+ persona is not known; did you mean personas\?/)
    expect(stderr).toMatch(/castellan\.yaml:\d+ egres is not known; did you mean egress\?/)
    expect(stderr).toMatch(
      /castellan\.yaml:\d+ logging is not known; known here: name, port, personas, graphql, egress/,
    )
    expect(stderr).toContain('hint: correct castellan.yaml and start again; nothing was changed')
  })

  test.each([
    ['a tab where YAML has none', 'personas:\n\tdefault: {}\n', 'is not valid YAML'],
    ['a key twice', 'name: home\nname: house\n', 'has a key twice'],
    [
      'a deep misspelling',
      'name: home\npersonas:\n  default:\n    skill: []\n',
      'personas.default.skill is not known; did you mean skills?',
    ],
    [
      'a list that is none',
      'name: home\negress:\n  allow: nas.local:80\n',
      'egress.allow must be of type array',
    ],
    ['a bomb of aliases', `name: home\na: &a [x,x,x,x,x,x,x,x,x]\n${bomb()}`, 'too many aliases'],
  ])('or with %s', async (_what, text, words) => {
    await change('castellan.yaml', () => text)
    const { code, stderr } = await refused()
    expect(code).toBe(1)
    expect(stderr).toContain(words)
  })
})

test.each([
  ['a line that is none', 'PORT 7420', '.env.local:1 is not of the form NAME=value'],
  ['an open quote', "\n\nLOG_LEVEL='info", '.env.local:3 opens a quote for LOG_LEVEL and does not close it'],
  ['a name set twice', 'PORT=7420\nPORT=7421', '.env.local:2 sets PORT again, which line 1 set already'],
  ['a value that is none', 'LOG_LEVEL=loud', 'LOG_LEVEL (.env.local:1) must be'],
  [
    'bytes that are no text',
    Buffer.from([0x50, 0x3d, 0xff, 0xfe]).toString('latin1'),
    '.env.local:1 is not UTF-8 text',
  ],
])('.env with %s is refused by line, without its value', async (_what, text, words) => {
  await change('.env.local', () => '')
  await writeFile(join(house.directory, '.env.local'), Buffer.from(text, 'latin1'))
  const { code, stderr } = await refused()
  expect(code).toBe(1)
  expect(stderr).toContain(words)
})

test('policy.cedar that cannot be read is refused where no good one is kept: nothing is let through by it', async () => {
  await rm(join(house.directory, 'data/policy-last-good.cedar'), { force: true })
  await change('policy.cedar', () => 'permit (principal, action, resource) when { context.nonsense };\n')
  const { code, stderr } = await refused()
  expect(code).toBe(1)
  expect(stderr).toContain('policy.cedar')
})

describe('SECRET_KEY_BASE', () => {
  const key = /^SECRET_KEY_BASE=.*\n/m

  test.each([
    ['lost', (text: string) => text.replace(key, ''), /SECRET_KEY_BASE/],
    ['emptied', (text: string) => text.replace(key, 'SECRET_KEY_BASE=\n'), /SECRET_KEY_BASE/],
    ['too short', (text: string) => text.replace(key, 'SECRET_KEY_BASE=short\n'), /SECRET_KEY_BASE .*32/],
    [
      'changed',
      (text: string) => text.replace(key, `SECRET_KEY_BASE=${'x'.repeat(48)}\n`),
      /SECRET_KEY_BASE is not the one this instance was made with, so its stored secrets cannot be read; nothing was changed/,
    ],
  ])('%s is said, and nothing is overwritten', async (_how, how, words) => {
    await change('.env.secrets', how)
    const written = await readFile(join(house.directory, '.env.secrets'), 'utf8')
    const { code, stderr, error } = await refused()
    expect([code, error.code]).toEqual([1, 'bad_configuration'])
    expect(stderr).toMatch(words)
    expect(stderr).toContain('hint: ')
    expect(stderr).not.toContain('xxxxxxxx')
    expect(await readFile(join(house.directory, '.env.secrets'), 'utf8')).toBe(written)
    // `init` completes what is missing, but never makes a new key where there is data that needs the old one.
    await house.cli(['init', '--yes'])
    expect(await readFile(join(house.directory, '.env.secrets'), 'utf8')).toBe(written)
  })
})

test('after all these mistakes nothing is changed, and the right files start it with its secrets', async () => {
  expect(await contents()).toEqual(before)
  await house.start()
  const { secrets } = await house.client.get('/api/secrets', z.object({ secrets: z.array(SecretView) }))
  expect(secrets).toMatchObject([{ name: 'KEPT', readable: true }])
  expect((await house.stop()).code).toBe(0)
})

/** Every file of the instance but what a start always writes, by its hash. */
async function contents(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const entry of await readdir(house.directory, { withFileTypes: true })) {
    if (!entry.isFile() || ['.env.local', 'policy.cedar', 'ledger-checkpoints.jsonl'].includes(entry.name))
      continue
    const bytes = await readFile(join(house.directory, entry.name))
    found.set(entry.name, createHash('sha256').update(bytes).digest('hex'))
  }
  return found
}

function bomb(): string {
  const letters = 'abcdefghi'.split('')
  return letters
    .slice(1)
    .map((letter, index) => `${letter}: &${letter} [${Array(9).fill(`*${letters[index]}`).join(',')}]`)
    .join('\n')
}
