import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseDotenv } from './dotenv.ts'
import { loadConfiguration, optionsReference } from './index.ts'

const secrets = [
  `SECRET_KEY_BASE=${'k'.repeat(43)}`,
  ...['APP', 'MIGRATE', 'API', 'DATA'].map(
    (role) => `CASTELLAN_${role}_PASSWORD=${role.toLowerCase()}-password-000000`,
  ),
  'ADMIN_PASSWORD=open-sesame',
].join('\n')

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'configuration-'))
  await write('castellan.yaml', 'name: home\n')
  await write('.env.secrets', secrets)
})
afterEach(() => rm(directory, { recursive: true }))

const write = (name: string, text: string | Buffer) => writeFile(join(directory, name), text)
const load = (environment: Record<string, string> = {}, port?: number) =>
  loadConfiguration(directory, { environment, ...(port === undefined ? {} : { port }) })

async function refusal(environment: Record<string, string> = {}): Promise<CastellanError> {
  const error: unknown = await load(environment).catch((thrown: unknown) => thrown)
  if (error instanceof CastellanError && error.code === 'bad_configuration') return error
  throw new Error('was not refused', { cause: error })
}

describe('the cascade', () => {
  test('lets a later layer win and says which one did', async () => {
    await write('.env', 'PORT=2001\nLOG_LEVEL=warn\n')
    expect((await load()).boot.PORT).toBe(2001)
    await write('.env.production', 'PORT=2002')
    expect((await load({ CASTELLAN_ENV: 'production' })).boot.PORT).toBe(2002)
    await write('.env.secrets', `${secrets}\nPORT=2003`)
    expect((await load({ CASTELLAN_ENV: 'production' })).boot.PORT).toBe(2003)
    await write('.env.local', '\nPORT=2004')
    const found = await load({ CASTELLAN_ENV: 'production' })
    expect([found.boot.PORT, found.origins['PORT']]).toEqual([2004, '.env.local:2'])
    expect((await load({ PORT: '2005' })).boot.PORT).toBe(2005)
    expect((await load({ PORT: '2005' }, 2006)).boot.PORT).toBe(2006)
    expect(found.boot.LOG_LEVEL).toBe('warn')
  })

  test('takes the port of castellan.yaml when nothing else names one', async () => {
    await write('castellan.yaml', 'name: home\nport: 3000\n')
    expect((await load()).origins['PORT']).toBe('castellan.yaml')
    expect((await load({ PORT: '3001' })).boot.PORT).toBe(3001)
  })

  test('takes an empty value for the default', async () => {
    await write('.env', 'PORT=2001')
    expect((await load({ PORT: '' })).boot.PORT).toBe(7420)
  })

  test('reads a secret from the file that its twin names', async () => {
    await write('password.txt', 'from-a-file\n')
    await write('.env.local', 'ADMIN_PASSWORD_FILE=password.txt')
    expect((await load()).boot.ADMIN_PASSWORD).toBe('from-a-file')
    await write('.env.local', 'ADMIN_PASSWORD_FILE=missing.txt')
    expect((await refusal()).message).toBe(
      '.env.local:1: the file that ADMIN_PASSWORD_FILE names cannot be read (ENOENT)',
    )
  })

  test('refuses a secret beside its twin', async () => {
    await write('.env.local', 'METRICS_TOKEN=0123456789abcdef\nMETRICS_TOKEN_FILE=x')
    expect((await refusal()).message).toContain('beside METRICS_TOKEN; keep one of them')
  })

  test('says which name in a file is no option, and what was meant', async () => {
    await write('.env', 'PROT=1')
    expect((await load()).warnings).toEqual(['.env:1 sets PROT, which is no option; did you mean PORT?'])
  })

  test('cannot be changed once read', async () => {
    const { boot, file } = await load()
    expect(() => Object.assign(boot, { PORT: 1 })).toThrow(TypeError)
    expect(() => Object.assign(file.personas, { other: 1 })).toThrow(TypeError)
  })
})

describe('refuses, by file and line and without the value,', () => {
  const cases: [string, string, string][] = [
    ['a line without =', '# ok\nhunter2-secret', '.env:2 is not of the form NAME=value'],
    ['an unclosed quote', 'ADMIN_PASSWORD="hunter2-secret', '.env:1 opens a quote for ADMIN_PASSWORD'],
    ['text after a quote', "ADMIN_PASSWORD='a'hunter2-secret", '.env:1 has text after the quoted value'],
    ['a name twice', 'PORT=2000\nPORT=hunter2-secret', '.env:2 sets PORT again, which line 1 set already'],
    ['a value that does not fit', 'PORT=hunter2-secret', 'PORT (.env:1) must be a port from 1024 to 65535'],
    ['a privileged port', 'PORT=80', 'PORT (.env:1) must be a port'],
    ['a short key', 'SECRET_KEY_BASE=hunter2-secret', 'SECRET_KEY_BASE (.env:1) must have at least 32 bytes'],
    [
      'a bad database address',
      'DATABASE_URL=hunter2-secret',
      'DATABASE_URL (.env:1) must look like postgres://',
    ],
    [
      'hours beyond the limit',
      'SESSION_HOURS=9',
      'SESSION_HOURS (.env:1) must be a whole number from 1 to 8',
    ],
    [
      'an unknown time zone',
      'DISPLAY_TIMEZONE=hunter2-secret',
      'DISPLAY_TIMEZONE (.env:1) must be a time zone',
    ],
  ]
  test.each(cases)('%s', async (_title, text, expected) => {
    await write('.env', text)
    if (text.startsWith('SECRET_KEY_BASE'))
      await write('.env.secrets', secrets.split('\n').slice(1).join('\n'))
    const { message } = await refusal()
    expect(message).toContain(expected)
    expect(message).not.toContain('hunter2')
  })

  test('bytes that are no text', async () => {
    await write('.env', Buffer.from([0x41, 0x3d, 0xff, 0xfe]))
    expect((await refusal()).message).toBe('.env:1 is not UTF-8 text')
  })

  test('everything at once, so that it is corrected once', async () => {
    await write('.env', 'PORT=1\nLOG_LEVEL=loud\nnonsense')
    expect((await refusal()).message.split('\n')).toHaveLength(3)
  })
})

describe('the listener', () => {
  test.each(['0.0.0.0', '192.168.1.5', '::', 'castle.example'])(
    'refuses HOST=%s without TLS',
    async (HOST) => {
      expect((await refusal({ HOST })).message).toContain('needs TLS')
      const tls = { TLS_CERT_FILE: 'cert.pem', TLS_KEY_FILE: 'key.pem' }
      expect((await load({ HOST, ...tls })).boot.HOST).toBe(HOST)
    },
  )
  test.each(['127.0.0.1', '::1', 'localhost', '127.5.5.5'])('accepts HOST=%s without TLS', async (HOST) => {
    expect((await load({ HOST })).boot.HOST).toBe(HOST)
  })
  test('refuses half of a TLS pair', async () => {
    expect((await refusal({ TLS_CERT_FILE: 'cert.pem' })).message).toContain('must be set together')
  })
})

test('says that a lost SECRET_KEY_BASE must come back from a backup', async () => {
  await write('.env.secrets', secrets.replace(/^SECRET_KEY_BASE.*$/m, ''))
  expect((await refusal()).message).toMatch(/SECRET_KEY_BASE is not set; put back the value from your backup/)
})

describe('a .env file', () => {
  test('keeps quotes, comments and escapes apart', () => {
    const text = [
      'A=1 # one',
      'B=a#b',
      "C='$x #\\n'",
      'D="a\\n\\"b\\" #" # c',
      'export E= f ',
      '',
      'G=',
    ].join('\r\n')
    const { assignments, problems } = parseDotenv('.env', Buffer.from(text))
    expect(problems).toEqual([])
    expect(Object.fromEntries(assignments.map(({ name, value }) => [name, value]))).toEqual({
      A: '1',
      B: 'a#b',
      C: '$x #\\n',
      D: 'a\n"b" #',
      E: 'f',
      G: '',
    })
  })
  test('never makes the reader throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        parseDotenv('.env', Buffer.from(bytes))
      }),
    )
  })
})

test('docs/reference/options.md is what the table says', async () => {
  await expect(optionsReference()).toMatchFileSnapshot('../../../../docs/reference/options.md')
})
