/** The household in a real browser: the owner invites, somebody joins, looks after their account, and is shown out. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { nothing } from '../../packages/cli/src/client.ts'
import { castellan } from '../../packages/cli/src/testing/castellan.ts'
import { axe, startBrowser, type Visitor, visit } from './browser.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 })

let house: Instance
let browser: Browser
let owner: Visitor
let mia: Visitor
showWhenFailed(() => house)
beforeAll(async () => {
  house = await startInstance()
  browser = await startBrowser()
  owner = await visit(browser, house.url)
  mia = await visit(browser, house.url, { viewport: { width: 390, height: 780 } })
  await house.client.send('PUT', '/api/settings/AUTH_RATE_LIMIT', { value: 6000 }, nothing)
  await owner.page.goto(house.link)
  await owner.page.getByRole('link', { name: 'People' }).click()
})
afterAll(async () => {
  await browser?.close()
  await house?.close()
})

const password = 'kettle rhubarb violin meadow'
const shot = async ({ page }: Visitor, name: string) => {
  const directory = process.env['CASTELLAN_SHOTS']
  if (directory !== undefined)
    await page.screenshot({ path: `${directory}/people-${name}.png`, fullPage: true })
}

test('the owner invites, and the link makes a member', async () => {
  const { page } = owner
  await page.getByLabel('Name', { exact: true }).fill('Mia')
  await page.getByRole('button', { name: 'Invite', exact: true }).click()
  const link = await page.getByRole('textbox', { name: 'The link' }).inputValue()
  expect(link).toMatch(/\/join#[A-Za-z0-9_-]{22}$/)
  await shot(owner, 'link')
  expect(await axe(page)).toEqual([])
  await page.getByRole('button', { name: 'Close', exact: true }).click()
  await page.getByRole('button', { name: 'Take the invitation of Mia back' }).waitFor()

  await mia.page.goto(link)
  await mia.page.getByText('You are invited').waitFor()
  expect(new URL(mia.page.url()).hash).toBe('')
  await mia.page.getByLabel('E-mail address').fill('mia@example.com')
  await mia.page.getByLabel('Password', { exact: true }).fill('password123')
  await mia.page.getByRole('button', { name: 'Come in' }).click()
  await mia.page.getByText('everybody tries first').waitFor()
  await shot(mia, 'join')
  expect(await axe(mia.page)).toEqual([])
  await mia.page.getByLabel('Password', { exact: true }).fill(password)
  await mia.page.getByRole('button', { name: 'Come in' }).click()
  await mia.page.waitForURL(`${house.url}/chat`)
  // The browser notes the password that was refused.
  expect(mia.faults.splice(0).filter((fault) => !/status of 400/.test(fault))).toEqual([])
})

test('a member looks after their own account', async () => {
  const { page } = mia
  await page.goto(`${house.url}/account`)
  await page.getByLabel('Name', { exact: true }).fill('Mia Holzer')
  await page.getByRole('button', { name: 'Change the name' }).click()
  await page.getByText('Changed.').waitFor()
  await shot(mia, 'account')
  expect(await axe(page)).toEqual([])
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click()
  await page.getByText('You were signed in nowhere else.').waitFor()
  await page.getByLabel('New password').fill('gravel teapot window salmon')
  await page.getByRole('button', { name: 'Change the password' }).click()
  await page.getByText('You are signed out everywhere else.').waitFor()
  await page.goto(`${house.url}/people`)
  await page.getByRole('heading', { name: 'Not your room' }).waitFor()
  expect(mia.faults).toEqual([])
})

test('the owner takes lost proofs away, having read what that does', async () => {
  const { page } = owner
  await page.reload()
  await page.getByRole('button', { name: 'Lost proofs of Mia Holzer' }).click()
  await page.getByText('For somebody who lost them.').waitFor()
  await shot(owner, 'lost-proofs')
  expect(await axe(page)).toEqual([])
  await page.getByRole('button', { name: 'Take them away' }).click()
  await page.getByText('For somebody who lost them.').waitFor({ state: 'hidden' })
  await mia.page.goto(`${house.url}/account`)
  await mia.page.getByText('Sign in').first().waitFor()
  expect(owner.faults).toEqual([])
})

test('the owner closes the account, which takes effect at once', async () => {
  const { page } = owner
  await page.reload()
  await page.getByText('Mia Holzer').waitFor()
  await shot(owner, 'room')
  expect(await axe(page)).toEqual([])
  await page.getByRole('button', { name: 'Close Mia Holzer’s account' }).click()
  await page.getByText('signed out everywhere at once').waitFor()
  await shot(owner, 'sure')
  await page.getByRole('button', { name: 'Close the account', exact: true }).click()
  await page.getByText('closed', { exact: true }).waitFor()
  await mia.page.goto(`${house.url}/account`)
  await mia.page.getByText('Sign in').first().waitFor()
  expect(owner.faults).toEqual([])
})

test('the page for a forgotten password says the same to everybody', async () => {
  const { page } = mia
  await page.goto(`${house.url}/recover`)
  await page.getByLabel('E-mail address').fill('nobody@example.com')
  await page.getByRole('button', { name: 'Send a link' }).click()
  await page.getByText('If somebody here has proved').waitFor()
  await shot(mia, 'recover')
  expect(await axe(page)).toEqual([])
})

test('the command does the same', async () => {
  const run = (...args: string[]) => castellan(['member', ...args, '--json', '--dir', house.directory])
  const invited = await run('invite', 'Vera', '--role', 'viewer')
  expect(invited.code).toBe(0)
  const { people, invitations } = JSON.parse((await run('list')).stdout)
  expect(people.map((each: { name: string }) => each.name)).toEqual(['Owner', 'Mia Holzer'])
  expect(invitations).toHaveLength(1)
  expect(JSON.parse((await run('enable', 'Mia Holzer')).stdout)).toMatchObject({ disabled: false })
  expect(JSON.parse((await run('role', 'mia@example.com', 'viewer')).stdout)).toMatchObject({
    role: 'viewer',
  })
  expect(JSON.parse((await run('sessions', 'mia@example.com')).stdout)).toEqual({ sessions: [] })
  expect(JSON.parse((await run('recover', 'mia@example.com')).stdout).url).toContain('/recover#')
  expect(JSON.parse((await run('tenant', 'add', 'Bakery')).stdout)).toMatchObject({
    tenant: { name: 'Bakery' },
  })
  expect(JSON.parse((await run('tenant', 'list')).stdout).tenants).toHaveLength(1)
  expect((await run('reset-proofs', 'mia@example.com')).code).toBe(0)
  expect((await run('reset-proofs', 'Owner')).code).toBe(3)
  expect((await run('reset-proofs')).code).not.toBe(0)
  expect(JSON.parse((await run('tenant', 'invite', 'Bakery')).stdout).link.url).toContain('#')
  expect((await run('tenant', 'recover', 'Bakery')).code).not.toBe(0)
  expect(JSON.parse((await run('tenant', 'close', 'Bakery')).stdout)).toMatchObject({ state: 'waiting' })
  expect((await run('remove', 'Owner')).code).toBe(3)
  expect((await run('remove', 'Nobody')).code).toBe(1)
  expect((await run('remove', 'mia@example.com')).code).toBe(0)
})
