import { once } from 'node:events'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { castellan, scratch } from './testing/castellan.ts'

let place: Awaited<ReturnType<typeof scratch>>
let home: string
beforeAll(async () => {
  place = await scratch()
  home = join(place.path, 'home')
  await castellan(['init', '--yes', '--dir', home])
})
afterAll(() => place.remove())

describe('help', () => {
  test('lists every command of the contract with its flags and the exit codes', async () => {
    const { code, stdout } = await castellan(['help', '--json'])
    expect(code).toBe(0)
    const help = JSON.parse(stdout)
    const names = help.commands.map((each: { name: string }) => each.name)
    expect(names).toEqual(expect.arrayContaining(contract))
    for (const command of help.commands) {
      const flags = command.flags.map((each: { flags: string }) => each.flags)
      expect(flags, command.name).toContain('--json')
      if (command.name !== 'help') expect(flags, command.name).toContain('--dir <instance>')
    }
    expect(help.exit_codes.map((each: { code: number }) => each.code)).toEqual([0, 1, 2, 3, 4])
  })

  test('of one command shows its flags', async () => {
    expect((await castellan(['help', 'model', 'add'])).stdout).toContain('--key-stdin')
  })
})

const contract = [
  ...['init', 'up', 'status', 'open', 'chat', 'demo', 'explain', 'doctor'],
  ...['approvals list', 'approvals approve', 'approvals deny'],
  ...['ledger tail', 'ledger verify', 'ledger export', 'ledger checkpoint'],
  ...['secrets list', 'secrets set', 'secrets unset'],
  ...['model list', 'model add', 'model test', 'model enable', 'model disable', 'model remove'],
  ...['memory search', 'memory forget'],
  ...['policy check', 'policy replay', 'policy show', 'policy apply'],
]

describe('init', () => {
  test('makes an instance and never overwrites it', async () => {
    const directory = join(place.path, 'fresh')
    const first = await castellan(['init', '--yes', '--json', '--dir', directory])
    expect(first.code).toBe(0)
    expect(JSON.parse(first.stdout)).toMatchObject({ name: 'fresh', kept: [] })
    const secrets = await readFile(join(directory, '.env.secrets'), 'utf8')
    const second = await castellan(['init', '--yes', '--json', '--dir', directory])
    expect(JSON.parse(second.stdout).created).toEqual([])
    expect(await readFile(join(directory, '.env.secrets'), 'utf8')).toBe(secrets)
  })

  test('refuses a name against the rule', async () => {
    const { code, stderr } = await castellan([
      'init',
      '--yes',
      '--name',
      'My House',
      '--dir',
      join(place.path, 'x'),
    ])
    expect(code).toBe(1)
    expect(stderr).toBe('error: the name of an instance must be 2–30 of a–z, 0–9 and -\n')
  })
})

describe('an instance that does not run', () => {
  const commands = [
    ['chat', 'hello'],
    ['open'],
    ['approvals', 'list'],
    ['model', 'list'],
    ['memory', 'search', 'x'],
  ]
  test.each(commands)('is said to, by %s', async (...command) => {
    const { code, stdout, stderr } = await castellan([...command, '--json', '--dir', home])
    expect(code).toBe(1)
    expect(JSON.parse(stdout).error.code).toBe('not_running')
    expect(stderr).toBe(`error: the instance in ${home} is not running\nhint: start it with castellan up\n`)
  })

  test('has a status all the same', async () => {
    const { code, stdout } = await castellan(['status', '--json', '--dir', home])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual({
      ready: false,
      url: null,
      version: expect.any(String),
      pids: [],
      memory_bytes: 0,
      alerts: 0,
    })
  })

  test('has nothing for the doctor to find when it is new', async () => {
    // The usual port may well be in use: by a Castellan of whoever runs this.
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address() as AddressInfo
    await new Promise((resolve) => probe.close(resolve))
    const environment = { PORT: String(port) }
    const { code, stdout } = await castellan(['doctor', '--json', '--dir', home], { environment })
    const { findings } = JSON.parse(stdout)
    const found = findings.filter((each: { severity: string }) => /warning|problem/.test(each.severity))
    expect(found).toEqual([])
    expect(code).toBe(0)
  })
})

describe('a mistake', () => {
  test.each([
    [['launch'], "error: unknown command 'launch'"],
    [['status', '--jsno'], "error: unknown option '--jsno'"],
    [['up', '--port', '80'], 'use a port from 1024 to 65535'],
    [['model', 'add', 'x', '--provider', 'acme', '--model', 'y'], 'Allowed choices are anthropic'],
  ])('%j is answered with exit code 1', async (args, words) => {
    const { code, stdout, stderr } = await castellan(args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(words)
  })

  test('is a document too, for a program that asked for one', async () => {
    const { code, stdout } = await castellan(['status', '--json', '--nope'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toEqual({ error: { code: 'bad_request', message: "unknown option '--nope'" } })
  })

  test('in castellan.yaml is answered by line before anything starts', async () => {
    const directory = join(place.path, 'typo')
    await castellan(['init', '--yes', '--dir', directory])
    await writeFile(join(directory, 'castellan.yaml'), 'name: home\npersona: {}\n')
    const { code, stderr } = await castellan(['up', '--no-open', '--dir', directory])
    expect(code).toBe(1)
    expect(stderr).toContain('error: castellan.yaml:2 persona is not known; did you mean personas?')
    await expect(stat(join(directory, 'data/postgres'))).rejects.toThrow()
  })

  test('in .env is answered by file and line without the value', async () => {
    const directory = join(place.path, 'broken')
    await castellan(['init', '--yes', '--dir', directory])
    await writeFile(join(directory, '.env.local'), 'ADMIN_PASSWORD="hunter2\n')
    const { code, stdout, stderr } = await castellan(['up', '--no-open', '--json', '--dir', directory])
    expect(code).toBe(1)
    expect(stderr).toContain('.env.local:1 opens a quote for ADMIN_PASSWORD and does not close it')
    expect(stdout + stderr).not.toContain('hunter2')
  })
})

test('up makes no instance in a directory where something else is', async () => {
  const directory = join(place.path, 'photos')
  await mkdir(directory)
  await writeFile(join(directory, 'cat.jpg'), '')
  const { code, stderr } = await castellan(['up', '--no-open', '--dir', directory])
  expect(code).toBe(1)
  expect(stderr).toContain(`there is no instance in ${directory}`)
})

test('the instance is here, or in ./instance', async () => {
  const here = await castellan(['status', '--json'], { cwd: home })
  expect(here.stderr).not.toContain('no instance')
  const { stdout } = await castellan(['init', '--yes', '--json'], { cwd: place.path })
  expect(JSON.parse(stdout).directory).toBe(join(place.path, 'instance'))
})

test('an older node runs it again under the one of node_modules', async () => {
  // Lies about the version the way an old node would tell it; the child is another process and does not.
  const lie = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})`
  const { code, stdout } = await castellan(['--version'], { nodeArguments: ['--import', lie] })
  expect([code, stdout.trim()]).toEqual([0, '0.1.0'])
  const failing = await castellan(['status', '--dir', home], { nodeArguments: ['--import', lie] })
  expect(failing.code).toBe(1)
})

test('nothing is coloured where no terminal is', async () => {
  const { stdout, stderr } = await castellan(['doctor', '--dir', home])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  expect(stdout + stderr).not.toMatch(/\u001b\[/)
})
