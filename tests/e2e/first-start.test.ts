/** The first minutes of a stranger: `init`, `up`, the printed link in a real browser, a long first message. */
import type { ChildProcess } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  castellan,
  type Finished,
  finished,
  spawnCastellan,
} from '../../packages/cli/src/testing/castellan.ts'
import { type FakeModels, startFakeModels } from '../fakes/server.ts'
import { startBrowser, type Visitor, visit } from './browser.ts'
import { scratchDirectory, until } from './instance.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

const directory = join(scratchDirectory(), 'home')
let browser: Browser
let visitor: Visitor
let fake: FakeModels
let child: ChildProcess
let end: Promise<Finished>
let said = ''
let printed = ''
beforeAll(async () => {
  browser = await startBrowser()
  fake = await startFakeModels()
})
afterAll(async () => {
  child?.kill('SIGKILL')
  await Promise.all([browser?.close(), fake?.close()])
})

test('init --yes writes what an instance needs, secrets for its owner’s eyes only, and overwrites nothing', async () => {
  const first = await castellan(['init', '--yes', '--dir', directory])
  expect(first.code).toBe(0)
  expect(first.stderr).toContain('your password is ADMIN_PASSWORD in .env.secrets')
  const modes = async (name: string) => ((await stat(join(directory, name))).mode & 0o777).toString(8)
  expect((await readdir(directory)).sort()).toEqual([
    '.env',
    '.env.secrets',
    '.gitignore',
    'castellan.yaml',
    'workspace',
  ])
  expect(await Promise.all(['.env', '.env.secrets', 'workspace', 'castellan.yaml'].map(modes))).toEqual([
    '600',
    '600',
    '700',
    '644',
  ])
  const secrets = await readFile(join(directory, '.env.secrets'), 'utf8')
  const values = [...secrets.matchAll(/^([A-Z_]+)=(\S+)$/gm)]
  expect(values.map(([, name]) => name)).toEqual(
    expect.arrayContaining(['ADMIN_PASSWORD', 'SECRET_KEY_BASE']),
  )
  expect(new Set(values.map(([, , value]) => value)).size).toBe(values.length)
  expect(values.every(([, , value]) => (value ?? '').length >= 24)).toBe(true)
  expect(first.stdout + first.stderr).not.toContain(values[0]?.[2] ?? '')

  const second = await castellan(['init', '--yes', '--dir', directory])
  expect([second.code, second.stdout.includes('wrote')]).toEqual([0, false])
  expect(await readFile(join(directory, '.env.secrets'), 'utf8')).toBe(secrets)
})

describe('up', () => {
  const link = () => /http\S+signin#\S+/.exec(printed)?.[0] ?? ''
  const origin = () => new URL(link()).origin

  test('says where it is, how to get in, and where the password is', async () => {
    child = spawnCastellan(['up', '--dir', directory, '--port', '0', '--no-open'])
    end = finished(child)
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
    await until(() => expect(said).toContain('stop      Ctrl-C'), 50_000)
    expect(link()).toMatch(/^http:\/\/localhost:\d+\/signin#[\w-]{22}$/)
    expect(said).toMatch(/ready in \d+\.\d s at http:\/\/localhost:\d+/)
    expect(said).toContain(`password  ADMIN_PASSWORD in ${directory}/.env.secrets`)
    const server = await stat(join(directory, 'run/server.json'))
    expect((server.mode & 0o777).toString(8)).toBe('600')
  })

  test('its link works once in a browser, under 127.0.0.1 too, where the page goes to localhost', async () => {
    visitor = await visit(browser, origin())
    const { page } = visitor
    // A browser keeps the fragment over the redirect, so the token reaches the page and never a server.
    await page.goto(link().replace('localhost', '127.0.0.1'))
    await page.getByRole('heading', { name: 'First steps' }).waitFor()
    expect(new URL(page.url()).origin).toBe(origin())
    expect(page.url()).not.toContain('#')
    const [cookie] = await page.context().cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', domain: 'localhost' })
    const again = await fetch(`${origin()}/auth/link`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: origin() },
      body: JSON.stringify({ token: link().split('#')[1] }),
    })
    expect(again.status).toBe(410)
  })

  test('castellan open makes another one', async () => {
    const { code, stdout } = await castellan(['open', '--no-open', '--dir', directory])
    expect(code).toBe(0)
    const guest = await visit(browser, origin())
    await guest.page.goto(stdout.trim())
    await guest.page.getByRole('heading', { name: 'First steps' }).waitFor()
    expect(guest.faults).toEqual([])
    await guest.close()
  })

  test('10,000 typed characters are a message; one more is not sent and not lost', async () => {
    const args = ['--provider', 'openai-compatible', '--base-url', fake.openaiUrl, '--model', 'fake-model']
    const added = await castellan(['model', 'add', 'fake', ...args, '--dir', directory])
    expect(added.code, added.stderr).toBe(0)
    const { page } = visitor
    await page.goto(`${origin()}/chat`)
    const field = page.getByLabel('Message to Castellan')
    const most = 'castle '.repeat(1_429).slice(0, 10_000).trim().padEnd(10_000, '!')
    await field.fill(`${most}?`)
    await page.keyboard.press('Enter')
    expect(await field.inputValue()).toBe(`${most}?`)
    expect(fake.requests).toHaveLength(0)
    await field.fill(most)
    await page.keyboard.press('Enter')
    await page.getByText('OK', { exact: true }).waitFor()
    expect(fake.requests[0]?.said).toBe(most)
    expect(await field.inputValue()).toBe('')
  })

  test('the browser had nothing to complain of, and Ctrl-C ends it all', async () => {
    // The way in under 127.0.0.1 was the only request to another name.
    expect(visitor.faults).toEqual([`left for ${origin().replace('localhost', '127.0.0.1')}/signin`])
    await visitor.close()
    child.kill('SIGINT')
    const { code } = await end
    expect(code).toBe(0)
    expect(said).toMatch(/stopping … \(again to stop at once\)\n(.*\n)*stopped\n$/)
    expect(await readdir(join(directory, 'run'))).not.toContain('server.json')
  })
})
