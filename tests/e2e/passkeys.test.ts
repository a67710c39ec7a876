/** Passkeys and codes in a real browser with a virtual authenticator: made, used to sign in and to say yes, taken away. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { codeAt } from '../../packages/server/src/factors/totp.ts'
import { axe, startBrowser, type Visitor, visit } from './browser.ts'
import { type Instance, makeInstance, showWhenFailed } from './instance.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 180_000 })

let house: Instance
let browser: Browser
let owner: Visitor
let page: Page
let device: { cdp: CDPSession; id: string }
showWhenFailed(() => house)
beforeEach(({ onTestFailed }) =>
  onTestFailed(async () => console.error(`${page?.url()}\n${await page?.locator('body').innerText()}`)),
)

const rule =
  '@id("passkey-only") @says("Files are written with a passkey.")\nforbid (principal, action, resource == Castellan::Skill::"file.write") when { context.approval < 4 };\n'

beforeAll(async () => {
  house = await makeInstance()
  await writeFile(join(house.directory, 'policy.cedar'), rule)
  // The visits of a week in a minute.
  await writeFile(join(house.directory, '.env'), 'AUTH_RATE_LIMIT=6000\n', { flag: 'a' })
  await house.start()
  browser = await startBrowser()
  owner = await visit(browser, house.url)
  page = owner.page
  device = await plugIn(page)
})
afterAll(async () => {
  await browser?.close()
  await house?.close()
})

/** A phone with a fingerprint reader, as the browser sees it. */
async function plugIn(at: Page) {
  const cdp = await at.context().newCDPSession(at)
  await cdp.send('WebAuthn.enable', { enableUI: false })
  const { authenticatorId: id } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  })
  return { cdp, id }
}

const password = async (): Promise<string> =>
  /^ADMIN_PASSWORD=(.*)$/m.exec(await readFile(join(house.directory, '.env.secrets'), 'utf8'))?.[1] ?? ''
const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' })
const signOut = async () => {
  await touch(false)
  await page.evaluate(() => fetch('/auth/logout', { method: 'POST' }))
  await page.goto(house.url)
  await button('Sign in with a passkey').waitFor()
}
/** Whether somebody touches the reader at once; otherwise it waits, also where the door offers passkeys by itself. */
const touch = (enabled: boolean) =>
  device.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: device.id, enabled })
const askSomething = () =>
  page.evaluate(() => fetch('/api/first-run/approval', { method: 'POST' }).then(({ status }) => status))

/** Runs in the page: what the ledger keeps of the newest yes. */
async function loadApproval(): Promise<unknown> {
  const load = async (path: string) => (await fetch(path)).json()
  const { rows } = (await load('/api/ledger?kind=approval')) as { rows: { seq: number }[] }
  const [newest] = rows
  return newest && ((await load(`/api/ledger/${newest.seq}`)) as { body: unknown }).body
}

test('a page asked for at 127.0.0.1 comes at the name that passkeys belong to', async () => {
  const { port } = new URL(house.url)
  await page.goto(`http://127.0.0.1:${port}/account/signing-in?from=there`)
  expect(page.url()).toBe(`http://localhost:${port}/account/signing-in?from=there`)
  await page.getByLabel('Admin password').fill(await password())
  await button('Sign in').click()
  await page.getByRole('heading', { name: 'Passkeys' }).waitFor()
  // Going there first was the point.
  expect(owner.faults.splice(0)).toEqual([expect.stringContaining('left for http://127.0.0.1')])
})

test('registers one', async () => {
  await button('Add a passkey').click()
  await page.getByLabel('What to call it').fill('Ann’s phone')
  await button('Go on').click()
  await page.getByRole('heading', { name: 'Ann’s phone' }).waitFor()
  expect(await axe(page)).toEqual([])
  const { credentials } = await device.cdp.send('WebAuthn.getCredentials', { authenticatorId: device.id })
  expect(credentials).toMatchObject([{ rpId: 'localhost', isResidentCredential: true }])
})

test('signs in with it, without a name', async () => {
  await signOut()
  await touch(true)
  await button('Sign in with a passkey').click()
  await page.getByRole('link', { name: 'Ledger' }).waitFor()
})

test('shows a question that wants it, and says yes with it', async () => {
  expect(await askSomething()).toBe(202)
  await page.goto(`${house.url}/waiting`)
  const card = page.locator('.question').first()
  await card.getByText('Approving this asks for your passkey.').waitFor()
  await card.getByRole('button', { name: /^Approve/ }).click()
  const newest = () => page.evaluate(loadApproval)
  const yes = { via: 'session', factor: 'passkey' }
  await vi.waitFor(async () => expect(await newest()).toMatchObject(yes), { timeout: 20_000 })
})

test('closes signing in by the password with it; the link of the machine stays', async () => {
  await page.goto(`${house.url}/account/signing-in`)
  await button('Close it').click()
  await page.getByText('It does not sign in').waitFor()
  await signOut()
  expect(await page.getByLabel('Admin password').count()).toBe(0)
  const { stdout } = await house.cli(['open', '--json', '--no-open'])
  await page.goto('about:blank')
  await page.goto(JSON.parse(stdout).url)
  await page.getByRole('link', { name: 'Ledger' }).waitFor()
})

test('asks for it again before what matters, in a dialog', async () => {
  await touch(true)
  await page.goto(`${house.url}/account/signing-in`)
  await button('Open it again').click()
  const dialog = page.getByRole('dialog', { name: 'Show that it is you' })
  await dialog.waitFor()
  expect(await axe(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Show my passkey' }).click()
  await page.getByText('It signs in', { exact: true }).waitFor()
})

test('sets up one-time codes, and then asks for one after the password', async () => {
  await page.goto(`${house.url}/account/signing-in`)
  await button('Set up').click()
  const secret = ((await page.locator('.totp-secret').textContent()) ?? '').replaceAll(' ', '')
  expect(await axe(page)).toEqual([])
  await page.getByLabel('The code that the app shows now').fill(codeAt(secret, Date.now()))
  await button('Turn on').click()
  await page.locator('.recovery-codes li').first().waitFor()
  const codes = await page.locator('.recovery-codes li').allTextContents()
  expect(codes).toHaveLength(10)
  await button('I keep them safe').click()
  await signOut()
  await page.getByLabel('Admin password').fill(await password())
  await button('Sign in').click()
  await page.getByRole('heading', { name: 'One more step' }).waitFor()
  await page.reload()
  await page.getByLabel('One-time code').fill('000000')
  await button('Sign in').click()
  await page.getByText('The code is wrong or was used already. 4 more tries.').waitFor()
  expect(await axe(page)).toEqual([])
  await button('Use a recovery code').click()
  await page.getByLabel('Recovery code').fill(codes[0] ?? '')
  await button('Sign in').click()
  await page.getByRole('link', { name: 'Ledger' }).waitFor()
})

test('renames and removes it; what was removed opens nothing any more', async () => {
  await page.goto(`${house.url}/account/signing-in`)
  await button('Rename Ann’s phone').click()
  await page.getByLabel('New name').fill('The old phone')
  await button('Rename').click()
  await page.getByRole('heading', { name: 'The old phone' }).waitFor()
  await button('Remove The old phone').click()
  await page.getByText('It opens nothing any more.').waitFor()
  await button('Remove The old phone').click()
  await page.getByText('You have none yet.').waitFor()
  await signOut()
  await touch(true)
  await button('Sign in with a passkey').click()
  await page.getByText('This passkey was not accepted.').waitFor()
  expect(owner.faults).toEqual([])
})
