/** Pairing in a real house: a device and the page, two terminals, and what waits for the owner when somebody guesses. */
import { spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { nothing } from '../../packages/cli/src/client.ts'
import { finished, spawnCastellan } from '../../packages/cli/src/testing/castellan.ts'
import { newDevice, spendCode, tokenBody } from '../fakes/device.ts'
import { axe, startBrowser, type Visitor, visit } from './browser.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 180_000 })

let house: Instance
let browser: Browser
let owner: Visitor
let page: Page
showWhenFailed(() => house)
beforeEach(({ onTestFailed }) =>
  onTestFailed(async () => console.error(`${page?.url()}\n${await page?.locator('main').textContent()}`)),
)

beforeAll(async () => {
  house = await startInstance()
  // What devices ask here within seconds is asked within minutes elsewhere.
  await house.client.send('PUT', '/api/settings/AUTH_RATE_LIMIT', { value: 600 }, nothing)
  browser = await startBrowser()
  owner = await visit(browser, house.url)
  page = owner.page
  await page.goto(house.link)
  await page.getByRole('navigation').first().waitFor()
})
afterAll(async () => {
  await browser?.close()
  await house?.close()
})

const post = (path: string, body: unknown) =>
  fetch(new URL(path, house.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

const picture = async (name: string) => {
  const folder = process.env['CASTELLAN_SHOTS']
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) })
}

const device = newDevice('Mia’s phone')
let deviceId = ''

test('a device is paired by the words that page and device both show', async () => {
  await page.goto(`${house.url}/account/devices`)
  await page.getByText('No device is paired with you.').waitFor()
  await picture('devices-empty')
  await page.getByRole('button', { name: 'Pair a device' }).click()
  const pane = page.getByRole('dialog', { name: 'Pair a device' })
  const code = (await pane.locator('[data-code]').textContent()) ?? ''
  await pane.getByRole('img', { name: `QR code of the pairing code ${code}` }).waitFor()
  expect(await pane.getByRole('timer').textContent()).toMatch(/^(10:00|9:5\d)$/)
  expect(await axe(page)).toEqual([])
  await picture('devices-code')
  const { phrase, pairing } = await spendCode(device, post, { server: new URL(house.url).origin, code })
  await pane.getByText(phrase).waitFor()
  await pane.getByText('Mia’s phone').waitFor()
  expect(await page.evaluate('document.activeElement?.textContent')).toBe('They differ')
  expect(await axe(page)).toEqual([])
  await picture('devices-words')
  await pane.getByRole('button', { name: 'They are the same' }).click()
  await pane.getByText('Paired. The device is yours').waitFor()
  await pane.getByRole('button', { name: 'Close', exact: true }).last().click()
  await page.getByRole('heading', { name: 'Mia’s phone' }).waitFor()
  const status = (await (await post('/auth/pair/status', { pairing })).json()) as {
    state: string
    device: string
  }
  expect(status.state).toBe('paired')
  deviceId = status.device
})

test('it comes in by its key, is renamed, and is out the moment it is revoked', async () => {
  const { nonce } = (await (await post('/auth/device/nonce', {})).json()) as { nonce: string }
  const answer = await post(
    '/auth/device/token',
    tokenBody(device, { server: new URL(house.url).origin, id: deviceId, nonce }),
  )
  const { access_token } = (await answer.json()) as { access_token: string }
  const ask = () =>
    fetch(new URL('/api/overview', house.url), { headers: { authorization: `Bearer ${access_token}` } })
  expect((await ask()).status).toBe(200)
  await page.reload()
  await page.getByText(/last seen/).waitFor()
  await page.getByRole('button', { name: 'Rename Mia’s phone' }).click()
  await page.getByLabel('New name of Mia’s phone').fill('Old phone')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Old phone' }).waitFor()
  expect(await axe(page)).toEqual([])
  await picture('devices-list')
  await page.getByRole('button', { name: 'Revoke Old phone' }).click()
  await page.getByRole('button', { name: 'Revoke Old phone now' }).click()
  await page.getByText('No device is paired with you.').waitFor()
  expect((await ask()).status).toBe(401)
})

test('words that differ pair nothing, and the owner is told once, until they have seen it', async () => {
  await page.getByRole('button', { name: 'Pair a device' }).click()
  const pane = page.getByRole('dialog', { name: 'Pair a device' })
  const code = (await pane.locator('[data-code]').textContent()) ?? ''
  await spendCode(newDevice('Not yours'), post, { server: new URL(house.url).origin, code })
  await pane.getByRole('button', { name: 'They differ' }).click()
  await pane.getByText('Nothing was paired, and the code is void.').waitFor()
  await pane.getByRole('button', { name: 'Close', exact: true }).last().click()
  await page.getByRole('link', { name: /Waiting for you.*1 thing waits/ }).waitFor()
  const status = await house.cli(['status', '--json'])
  expect(JSON.parse(status.stdout)).toMatchObject({ alerts: 1 })
  await page.getByRole('link', { name: /Waiting for you/ }).click()
  await page.getByText('the words differed').waitFor()
  expect(await axe(page)).toEqual([])
  await picture('alert')
  await page.getByRole('button', { name: /^Seen/ }).click()
  await page.getByText('Nothing waits for you.').waitFor()
})

test('two terminals pair: one shows the code and asks, the other is the device', async () => {
  const shower = spawn(
    process.execPath,
    [...castellanArguments(), 'pair', '--json', '--dir', house.directory],
    { stdio: 'pipe' },
  )
  let said = ''
  let document = ''
  shower.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  shower.stdout.on('data', (chunk: Buffer) => (document += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => shower.on('close', resolve))
  await vi.waitFor(() => expect(said).toMatch(/\/pair#/), 20_000)
  expect(said).toMatch(/[█▀▄]{5}/)
  const link = /https?:\S+\/pair#\S+/.exec(said)?.[0] ?? ''
  const keep = join(house.directory, 'device.json')
  const redeeming = spawnCastellan([
    'pair',
    '--redeem',
    link,
    '--keep',
    keep,
    '--name',
    'Night job',
    '--json',
  ])
  let words = ''
  redeeming.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()))
  let paired = ''
  redeeming.stdout?.on('data', (chunk: Buffer) => (paired += chunk.toString()))
  const redeemed = new Promise<number | null>((resolve) => redeeming.on('close', resolve))
  const shown = /^ {2}([a-z]+ [a-z]+ [a-z]+ [a-z]+)$/m
  await vi.waitFor(() => expect(said).toMatch(shown), 20_000)
  expect(said).toContain('Night job')
  const phrase = shown.exec(said)?.[1]
  await vi.waitFor(() => expect(words).toContain(phrase), 20_000)
  shower.stdin.end('yes\n')
  expect([await ended, await redeemed]).toEqual([0, 0])
  expect(JSON.parse(document)).toMatchObject({ state: 'paired' })
  expect(JSON.parse(paired)).toMatchObject({ state: 'paired', phrase })
  expect((await stat(keep)).mode & 0o777).toBe(0o600)
  const token = await house.cli(['device', 'token', '--keep', keep])
  expect(token.stdout).toMatch(/^eyJ/)
  const { devices } = JSON.parse((await house.cli(['device', 'list', '--json'])).stdout) as {
    devices: { id: string; name: string }[]
  }
  expect(devices.map(({ name }) => name)).toEqual(['Night job'])
  const id = devices[0]?.id ?? ''
  expect((await house.cli(['device', 'rename', id.slice(0, 8), 'Day job'])).stdout).toBe(
    'renamed to Day job\n',
  )
  expect((await house.cli(['device', 'revoke', id.slice(0, 8), '--json'])).code).toBe(0)
  expect(await house.cli(['device', 'token', '--keep', keep, '--json'])).toMatchObject({ code: 3 })
})

test('a no in the terminal pairs nothing', async () => {
  const shower = spawnCastellan(['pair', '--json', '--dir', house.directory], { input: 'no' })
  const ended = finished(shower)
  let said = ''
  shower.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await vi.waitFor(() => expect(said).toMatch(/\/pair#\S+\s/), 20_000)
  const [, code = '', commitment = ''] = /\/pair#(\w+)\.(\S+)/.exec(said) ?? []
  const { pairing } = await spendCode(newDevice(), post, {
    server: new URL(house.url).origin,
    code,
    commitment,
  })
  const { code: exit, stdout } = await ended
  expect([exit, JSON.parse(stdout)]).toMatchObject([3, { state: 'denied' }])
  const status = await post('/auth/pair/status', { pairing })
  expect(await status.json()).toEqual({ state: 'denied', device: null })
})

test('visits of all this broke no rule of the page', () => {
  expect(owner.faults).toEqual([])
})

function castellanArguments(): string[] {
  return [new URL('../../packages/cli/bin/castellan.js', import.meta.url).pathname]
}
