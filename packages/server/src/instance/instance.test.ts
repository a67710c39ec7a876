import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { CastellanError } from '@castellan/contracts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  changedKeyBase,
  createInstance,
  findServer,
  holdInstance,
  inWords,
  isVacant,
  openInstance,
} from './index.ts'

let directory: string
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'instance-')), 'my-home')
})
afterEach(() => rm(join(directory, '..'), { recursive: true }))

const modeOf = async (name: string) => ((await stat(join(directory, name))).mode & 0o777).toString(8)
const read = (name: string) => readFile(join(directory, name), 'utf8')
const open = (environment = {}) => openInstance(directory, { environment })

describe('init', () => {
  test('writes an instance that opens without complaint', async () => {
    const made = await createInstance(directory)
    expect(made).toMatchObject({ name: 'my-home', kept: [] })
    expect(made.created).toEqual(['castellan.yaml', '.env', '.env.secrets', '.gitignore', 'workspace/'])
    const instance = await open()
    expect(instance.repairs).toEqual([])
    expect(instance.configuration.warnings).toEqual([])
    expect(instance.configuration.file.personas['default']?.skills).toBe('*')
  })

  test('keeps secrets to the owner and out of git', async () => {
    await createInstance(directory)
    expect(await modeOf('.env.secrets')).toBe('600')
    expect(await read('.gitignore')).toMatch(/^\.env\*$/m)
    expect(await read('.env')).not.toMatch(/PASSWORD=/)
  })

  test('generates other secrets every time, long enough to be none that is guessed', async () => {
    await createInstance(directory)
    const first = await read('.env.secrets')
    await rm(directory, { recursive: true })
    await createInstance(directory)
    const values = (source: string) => [...source.matchAll(/^\w+=(.+)$/gm)].map((match) => match[1] ?? '')
    const second = values(await read('.env.secrets'))
    expect(values(first).filter((value) => second.includes(value))).toEqual([])
    expect(Math.min(...second.map((value) => value.length))).toBeGreaterThanOrEqual(24)
  })

  test('never overwrites', async () => {
    await createInstance(directory)
    await writeFile(join(directory, 'castellan.yaml'), 'name: other\n')
    const before = await read('.env.secrets')
    const again = await createInstance(directory)
    expect(again.created).toEqual([])
    expect(await read('castellan.yaml')).toBe('name: other\n')
    expect(await read('.env.secrets')).toBe(before)
  })

  test('adds lost role passwords, but makes no new key over existing data', async () => {
    await createInstance(directory)
    await open()
    await writeFile(join(directory, 'data/postgres.path'), '/somewhere\n')
    await writeFile(join(directory, '.env.secrets'), 'ADMIN_PASSWORD=open-sesame')
    expect((await createInstance(directory)).created).toEqual(['.env.secrets (completed)'])
    const text = await read('.env.secrets')
    expect(text).toMatch(/^ADMIN_PASSWORD=open-sesame\nCASTELLAN_APP_PASSWORD=/)
    expect(text).not.toContain('SECRET_KEY_BASE')
    await expect(open()).rejects.toThrow('SECRET_KEY_BASE is not set; put back the value from your backup')
  })

  test.each(['x', 'My House', 'a'.repeat(31), 'über', '../x'])('refuses the name %s', async (name) => {
    await expect(createInstance(directory, { name })).rejects.toMatchObject({ code: 'bad_request' })
  })
})

describe('opening', () => {
  beforeEach(async () => {
    await createInstance(directory)
  })

  test('adds a role password that is new in this version and touches no other line', async () => {
    const before = await read('.env.secrets')
    const older = before.replace(/^CASTELLAN_DATA_PASSWORD=.*\n/m, '')
    expect(older).not.toBe(before)
    await writeFile(join(directory, '.env.secrets'), older)
    expect((await open()).repairs).toEqual([
      '.env.secrets lacked CASTELLAN_DATA_PASSWORD; new in this version, it was added',
    ])
    const after = await read('.env.secrets')
    expect(after.startsWith(older)).toBe(true)
    expect((await open()).configuration.boot.CASTELLAN_DATA_PASSWORD?.length).toBe(32)
    expect(await read('.env.secrets')).toBe(after)
  })

  test('tightens what others could read and says so', async () => {
    await chmod(join(directory, '.env.secrets'), 0o644)
    await writeFile(join(directory, '.env.local'), '', { mode: 0o664 })
    const { repairs } = await open()
    expect(repairs).toHaveLength(2)
    expect([await modeOf('.env.secrets'), await modeOf('.env.local')]).toEqual(['600', '600'])
    expect(await modeOf('run')).toBe('700')
    expect((await open()).repairs).toEqual([])
  })

  test('refuses secrets behind a link and leaves its target alone', async () => {
    const elsewhere = join(directory, '../elsewhere')
    await writeFile(elsewhere, await read('.env.secrets'), { mode: 0o644 })
    await rm(join(directory, '.env.secrets'))
    await symlink(elsewhere, join(directory, '.env.secrets'))
    await expect(open()).rejects.toThrow('.env.secrets is a link')
    expect(((await stat(elsewhere)).mode & 0o777).toString(8)).toBe('644')
  })

  test('refuses run/ behind a link', async () => {
    await symlink(tmpdir(), join(directory, 'run'))
    await expect(open()).rejects.toThrow('is a link')
  })

  test('says where no instance is', async () => {
    await expect(openInstance(join(directory, 'nothing'))).rejects.toThrow(/there is no instance in/)
  })

  test('takes no file for a directory, and says so', async () => {
    const file = join(directory, 'castellan.yaml')
    const said = (error: unknown) => inWords(error)?.message
    expect(await isVacant(file).catch(said)).toBe(`${file} is not a directory`)
    expect(await createInstance(file).catch(said)).toBe(`${file} is in the way`)
  })
})

describe('one process per instance', () => {
  beforeEach(async () => {
    await createInstance(directory)
  })

  test('answers a second start with the address of the first', async () => {
    const hold = await holdInstance(await open())
    await hold.publish('http://localhost:7420')
    await expect(holdInstance(await open())).rejects.toMatchObject({
      code: 'already_running',
      message: `this instance is already running at http://localhost:7420 (process ${process.pid})`,
    })
    expect(await findServer(directory)).toEqual({
      url: 'http://localhost:7420',
      pid: process.pid,
      token: hold.token,
    })
    expect(await modeOf('run/server.json')).toBe('600')
    await hold.release()
    await expect(findServer(directory)).rejects.toMatchObject({ code: 'not_running' })
    await (await holdInstance(await open())).release()
  })

  test('cleans up after a process that died, and lets one of many starts win', async () => {
    await open()
    const program = `
      const { holdInstance, openInstance } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      const hold = await holdInstance(await openInstance(${JSON.stringify(directory)}, { environment: {} })).catch((e) => e)
      if (hold.publish) await hold.publish('http://localhost:1')
      process.stdout.write(hold.publish ? 'held' : hold.code)
      if (process.argv[1] === 'die') process.kill(process.pid, 'SIGKILL')
      process.stdin.resume()`
    const start = (...args: string[]) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, ...args])
      const said = new Promise<string>((resolve) =>
        child.stdout.once('data', (chunk) => resolve(String(chunk))),
      )
      return { child, said }
    }
    const dead = start('die')
    expect(await text(dead.child.stdout)).toBe('held')
    await expect(findServer(directory)).rejects.toMatchObject({ code: 'not_running' })
    const many = Array.from({ length: 4 }, () => start())
    const said = await Promise.all(many.map((each) => each.said))
    for (const each of many) each.child.stdin.end()
    expect(said.toSorted()).toEqual(['already_running', 'already_running', 'already_running', 'held'])
  })

  test('is not kept out by a process number that another program has now', async () => {
    const instance = await open()
    await writeFile(join(instance.paths.run, 'lock'), JSON.stringify({ pid: process.ppid, born: '1' }))
    await (await holdInstance(instance)).release()
  })
})

test('a full disk and a changed key are said in words', () => {
  const full = inWords(Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' }))
  expect(full?.message).toBe('the disk is full; what was stored before is unharmed')
  const database = inWords(new Error('query', { cause: Object.assign(new Error('x'), { code: '53100' }) }))
  expect(database?.message).toContain('the disk is full')
  expect(inWords(new Error('other'))).toBeUndefined()
  expect(changedKeyBase()).toBeInstanceOf(CastellanError)
})
