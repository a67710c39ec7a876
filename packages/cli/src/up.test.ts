import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { castellan, scratch, type Up, up } from './testing/castellan.ts'

let place: Awaited<ReturnType<typeof scratch>>

async function json(directory: string, args: readonly string[], input = '') {
  const { code, stdout, stderr } = await castellan([...args, '--json', '--dir', directory], { input })
  if (stdout === '') throw new Error(`no answer to ${args.join(' ')}:\n${stderr}`)
  return { code, stderr, value: JSON.parse(stdout) }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function stop({ child, end }: Up, signal: NodeJS.Signals = 'SIGTERM') {
  child.kill(signal)
  return end
}

describe('a running instance', () => {
  let home: string
  let running: Up
  beforeAll(async () => {
    place = await scratch()
    home = join(place.path, 'home')
    running = await up(home)
  })
  afterAll(async () => {
    await stop(running)
    await place.remove()
  })

  test('was made where nothing was, and leaves its address and token to its owner alone', async () => {
    const file = join(home, 'run/server.json')
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ url: running.url, pid: running.pid })
    expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600')
    expect(running.link).toMatch(new RegExp(`^${running.url}/signin#[\\w-]{22,}$`))
  })

  test('answers a second start with its address', async () => {
    const { code, stderr } = await castellan(['up', '--no-open', '--dir', home])
    expect(code).toBe(1)
    expect(stderr).toContain(
      `error: this instance is already running at ${running.url} (process ${running.pid})`,
    )
  })

  test('tells its state and what it uses', async () => {
    const { code, value } = await json(home, ['status'])
    expect(code).toBe(0)
    expect(value).toEqual({
      ready: true,
      url: running.url,
      version: expect.any(String),
      pids: expect.arrayContaining([running.pid]),
      memory_bytes: expect.any(Number),
      alerts: 0,
    })
    // The postmaster and its helpers at least.
    expect(value.pids.length).toBeGreaterThan(4)
    expect(value.memory_bytes).toBeLessThan(350 * 1_048_576)
  })

  test('has nothing for the doctor to find', async () => {
    const { code, value } = await json(home, ['doctor'])
    const found = value.findings.filter((each: { severity: string }) => /warning|problem/.test(each.severity))
    expect(found).toEqual([])
    expect(code).toBe(0)
  })

  test('hands out sign-in links that work once', async () => {
    const { value } = await json(home, ['open'])
    const [url, token] = value.url.split('#')
    const spend = () =>
      fetch(new URL('/auth/link', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: running.url },
        body: JSON.stringify({ token }),
      })
    expect((await spend()).status).toBe(200)
    expect((await spend()).status).toBe(410)
  })

  test('keeps secrets that come by stdin and never shows them', async () => {
    const set = await json(home, ['secrets', 'set', 'FEED_TOKEN'], 'hunter2-hunter2\n')
    expect(set).toMatchObject({ code: 0, value: { name: 'FEED_TOKEN', stored: true } })
    const { value } = await json(home, ['secrets', 'list'])
    expect(value.secrets).toMatchObject([{ name: 'FEED_TOKEN', readable: true }])
    expect(JSON.stringify(value)).not.toContain('hunter2')
    expect(await json(home, ['secrets', 'set', 'SHORT'], 'abc')).toMatchObject({ code: 1 })
    expect(await json(home, ['secrets', 'unset', 'FEED_TOKEN'])).toMatchObject({ code: 0 })
    expect(await json(home, ['secrets', 'unset', 'FEED_TOKEN'])).toMatchObject({ code: 1 })
  })

  test('adds, switches and removes a model', async () => {
    const flags = [
      '--provider',
      'openai-compatible',
      '--base-url',
      'http://127.0.0.1:9/v1',
      '--model',
      'tiny',
    ]
    const added = await json(home, ['model', 'add', 'local', ...flags, '--tier', 'local'])
    expect(added).toMatchObject({ code: 0, value: { name: 'local', enabled: true, has_key: false } })
    expect(await json(home, ['model', 'test', 'local'])).toMatchObject({ code: 4, value: { ok: false } })
    expect(await json(home, ['model', 'disable', 'local'])).toMatchObject({ value: { enabled: false } })
    expect((await json(home, ['model', 'list'])).value.models).toHaveLength(1)
    expect(await json(home, ['model', 'remove', 'local'])).toMatchObject({ code: 0 })
  })

  test('says how to add a model when it is asked something without one', async () => {
    const { code, value } = await json(home, ['chat', 'hello'])
    expect(value).toMatchObject({ run: { state: 'failed' }, approvals: [] })
    expect(JSON.stringify(value)).toMatch(/add (one|a model)/i)
    expect(code).toBe(2)
  })

  test('has a ledger that verifies', async () => {
    expect(await json(home, ['ledger', 'verify'])).toMatchObject({ code: 0, value: { ok: true, broken: [] } })
    const { value } = await json(home, ['ledger', 'tail', '-n', '5'])
    expect(value.rows.length).toBeGreaterThan(0)
    expect(await json(home, ['ledger', 'checkpoint'])).toMatchObject({ code: 0 })
    const { stdout } = await castellan(['ledger', 'export', '--dir', home])
    for (const line of stdout.trim().split('\n')) JSON.parse(line)
  })

  test('waits for nothing yet', async () => {
    expect((await json(home, ['approvals', 'list'])).value).toEqual({ questions: [] })
    const denied = await json(home, ['approvals', 'deny', '00000000-0000-4000-8000-000000000000'])
    expect(denied).toMatchObject({ code: 1, value: { error: { code: 'not_found' } } })
  })

  test('is asked for memories', async () => {
    expect((await json(home, ['memory', 'search', 'nothing'])).value).toEqual({ memories: [] })
  })
})

describe('a stopped instance', () => {
  let home: string
  beforeAll(async () => {
    place = await scratch()
    home = join(place.path, 'home')
    await castellan(['init', '--yes', '--dir', home])
  })
  afterAll(() => place.remove())

  test('still gives access to its secrets', async () => {
    expect(await json(home, ['secrets', 'set', 'KEPT'], 'hunter2-hunter2')).toMatchObject({ code: 0 })
    expect((await json(home, ['secrets', 'list'])).value.secrets).toMatchObject([
      { name: 'KEPT', kind: 'other' },
    ])
    expect((await json(home, ['status'])).value.ready).toBe(false)
  })

  test('still tells whether its ledger, or an exported one, is whole', async () => {
    const running = await up(home)
    await stop(running)
    expect(await json(home, ['ledger', 'verify'])).toMatchObject({ code: 0, value: { ok: true } })
    const { stdout } = await castellan(['ledger', 'export', '--dir', home])
    const exported = join(place.path, 'ledger.jsonl')
    await writeFile(exported, stdout)
    expect(await json(home, ['ledger', 'verify', exported])).toMatchObject({ code: 0, value: { ok: true } })
    await writeFile(exported, stdout.replace('"seq":1', '"seq":7'))
    expect(await json(home, ['ledger', 'verify', exported])).toMatchObject({ code: 4 })
  })
})

describe('a start', () => {
  let home: string
  beforeEach(async () => {
    place = await scratch()
    home = join(place.path, 'home')
  })
  afterEach(() => place.remove())

  test('is followed by a clean stop, after which nothing runs and nothing is lost', async () => {
    const first = await up(home)
    const { value } = await json(home, ['status'])
    await json(home, ['secrets', 'set', 'KEPT'], 'hunter2-hunter2')
    const { code, stderr } = await stop(first)
    expect([code, stderr.trim().split('\n').at(-1)]).toEqual([0, 'stopped'])
    expect(value.pids.filter(isAlive)).toEqual([])
    await expect(stat(join(home, 'run/server.json'))).rejects.toThrow()
    const second = await up(home)
    expect((await json(home, ['secrets', 'list'])).value.secrets).toMatchObject([{ name: 'KEPT' }])
    expect((await stop(second, 'SIGINT')).code).toBe(0)
  })

  test('is stopped cleanly also when its terminal is gone', async () => {
    const running = await up(home)
    const { value } = await json(home, ['status'])
    running.child.stdout?.destroy()
    running.child.stderr?.destroy()
    // It wants to say that the database ended, and that it is stopping, to nobody.
    process.kill(value.pids.find((pid: number) => pid !== running.pid) ?? 0, 'SIGKILL')
    await vi.waitFor(async () => expect((await json(home, ['status'])).value.ready).toBe(true), {
      timeout: 30_000,
    })
    const after = await json(home, ['status'])
    expect((await stop(running, 'SIGHUP')).code).toBe(0)
    expect(after.value.pids.filter(isAlive)).toEqual([])
  })

  test('takes over what a killed one left', async () => {
    const first = await up(home)
    await json(home, ['secrets', 'set', 'KEPT'], 'hunter2-hunter2')
    await stop(first, 'SIGKILL')
    expect((await json(home, ['status'])).value.ready).toBe(false)
    const second = await up(home)
    expect((await json(home, ['secrets', 'list'])).value.secrets).toMatchObject([{ name: 'KEPT' }])
    const { stderr } = await stop(second)
    expect(stderr).toContain('took over the database that an earlier start left running')
  })

  test('names a busy port, and starts nothing', async () => {
    const other = createServer()
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    )
    const { code, stderr } = await castellan(['up', '--no-open', '--dir', home, '--port', String(port)])
    expect(code).toBe(1)
    expect(stderr).toMatch(new RegExp(`error: port ${port} on [\\w.]+ is held by another program`))
    await expect(stat(join(home, 'data/postgres'))).rejects.toThrow()
    await new Promise((resolve) => other.close(resolve))
  })

  test('is refused with another SECRET_KEY_BASE than before, and changes nothing', async () => {
    const first = await up(home)
    await json(home, ['secrets', 'set', 'KEPT'], 'hunter2-hunter2')
    await stop(first)
    const file = join(home, '.env.secrets')
    const before = await readFile(file, 'utf8')
    await writeFile(
      file,
      before.replace(/^SECRET_KEY_BASE=.*$/m, `SECRET_KEY_BASE=${'another-key-'.repeat(4)}`),
    )
    const { code, stderr } = await castellan(['up', '--no-open', '--port', '0', '--dir', home])
    expect(code).toBe(1)
    expect(stderr).toContain('error: SECRET_KEY_BASE is not the one this instance was made with')
    await writeFile(file, before)
    const again = await up(home)
    expect((await json(home, ['secrets', 'list'])).value.secrets).toMatchObject([
      { name: 'KEPT', readable: true },
    ])
    await stop(again)
  })

  test('is refused on an address that others reach without TLS', async () => {
    const { code, stderr } = await castellan(['up', '--no-open', '--dir', home], {
      environment: { HOST: '0.0.0.0' },
    })
    expect(code).toBe(1)
    expect(stderr).toContain('HOST is reachable from other machines, which needs TLS')
  })
})
