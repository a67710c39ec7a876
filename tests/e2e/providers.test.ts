/** Signing in with an account elsewhere, in a real browser, at a real OpenID Connect provider. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ProviderView } from '@castellan/contracts'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { nothing } from '../../packages/cli/src/client.ts'
import { type OidcServer, oidcClient, startOidc } from '../fakes/oidc.ts'
import { clientId, clientSecret, startProvider } from '../fakes/provider.ts'
import { axe, startBrowser, type Visitor, visit } from './browser.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 180_000 })

let house: Instance
let oidc: OidcServer
let browser: Browser
let owner: Visitor
let page: Page
showWhenFailed(() => house)
beforeEach(({ onTestFailed }) =>
  onTestFailed(async () => console.error(`${page?.url()}\n${await page?.locator('main').textContent()}`)),
)

beforeAll(async () => {
  house = await startInstance()
  oidc = await startOidc([`${house.url}/auth/providers/oidc/callback`])
  // All these visitors come from one address, faster than people do.
  await house.client.send('PUT', '/api/settings/AUTH_RATE_LIMIT', { value: 6000 }, nothing)
  browser = await startBrowser()
  owner = await visit(browser, house.url)
  page = owner.page
  await page.goto(house.link)
  await page.getByRole('link', { name: 'Settings' }).waitFor()
})
afterAll(async () => {
  await browser?.close()
  await house?.close()
  await oidc?.close()
})

const password = async (): Promise<string> =>
  /^ADMIN_PASSWORD=(.*)$/m.exec(await readFile(join(house.directory, '.env.secrets'), 'utf8'))?.[1] ?? ''

/** Shows the password where the page asks who it is, if it does. */
async function stepUp(at: Page): Promise<void> {
  const field = at.getByRole('dialog').getByLabel('Password', { exact: false }).first()
  const asked = await field.waitFor({ timeout: 4_000 }).then(
    () => true,
    () => false,
  )
  if (!asked) return
  await field.fill(await password())
  await at.keyboard.press('Enter')
}

/** At the provider: says who they are, and yes. */
async function signInThere(at: Page, name: string): Promise<void> {
  await at.waitForURL(/127\.0\.0\.1/)
  await at.locator('input[name=login]').fill(name)
  await at.locator('input[name=password]').fill('anything')
  await at.locator('button[type=submit]').click()
  await at.getByRole('button', { name: 'Continue' }).click()
}

test('the owner sets a provider up, with the redirect URL to copy, and tries it', async () => {
  await page.goto(`${house.url}/settings/providers`)
  await page.getByRole('button', { name: 'Add a provider' }).click()
  await page.getByLabel('Provider', { exact: true }).selectOption('oidc')
  await page.getByText(`${house.url}/auth/providers/oidc/callback`).waitFor()
  await page.getByLabel('Words on the button').fill('Our own')
  await page.getByLabel('Issuer').fill(oidc.issuer)
  await page.getByLabel('Client ID').fill(oidcClient.id)
  await page.getByLabel('Client secret').fill(oidcClient.secret)
  expect(await axe(page)).toEqual([])
  await page.getByRole('button', { name: 'Add Our own' }).click()
  await stepUp(page)
  await page.getByRole('heading', { name: 'Our own' }).waitFor()
  await page.getByRole('button', { name: 'Test Our own' }).click()
  await page.getByText(`${oidc.issuer} answers, and calls itself that.`).waitFor()
  await page.getByText('Our own knows this client ID and secret.').waitFor()
  expect(await axe(page)).toEqual([])
  expect(await page.content()).not.toContain(oidcClient.secret)
})

test('a stranger’s account opens nothing, and the page says why', async () => {
  const stranger = await visit(browser, house.url)
  await stranger.page.goto(house.url)
  await stranger.page.getByRole('link', { name: 'Sign in with Our own' }).click()
  await signInThere(stranger.page, 'eve')
  await stranger.page.getByText('That account of Our own opens nothing here yet.').waitFor()
  expect(new URL(stranger.page.url()).pathname).toBe('/signin')
  expect(await axe(stranger.page)).toEqual([])
  await stranger.close()
})

test('the owner connects their account, and from then on signs in with it', async () => {
  await page.goto(`${house.url}/account/connections`)
  await page.getByRole('button', { name: 'Connect Our own' }).click()
  await stepUp(page)
  await signInThere(page, 'olga')
  await page.waitForURL(`${house.url}/account/connections`)
  await page.getByText('olga@town.example').waitFor()
  expect(await axe(page)).toEqual([])

  const elsewhere = await visit(browser, house.url)
  await elsewhere.page.goto(`${house.url}/ledger`)
  await elsewhere.page.getByRole('link', { name: 'Sign in with Our own' }).click()
  await signInThere(elsewhere.page, 'olga')
  await elsewhere.page.waitForURL(`${house.url}/ledger`)
  await elsewhere.page.getByRole('heading', { name: 'Ledger' }).waitFor()
  const cookies = await elsewhere.page.context().cookies(house.url)
  expect(
    cookies.map(({ name, httpOnly, sameSite }) => [name.replace(/_[^_]*$/, ''), httpOnly, sameSite]),
  ).toEqual([['castellan', true, 'Lax']])
  await elsewhere.close()
  // The browser kept no trace of the way: the address, the history and the storage hold no code.
  expect(await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain('code')
})

test('is disconnected again, and opens nothing any more', async () => {
  await page.goto(`${house.url}/account/connections`)
  await page.getByRole('button', { name: /^Disconnect Our own/ }).click()
  await stepUp(page)
  await page.getByText('No account elsewhere signs in as you.').waitFor()
  const elsewhere = await visit(browser, house.url)
  await elsewhere.page.goto(house.url)
  await elsewhere.page.getByRole('link', { name: 'Sign in with Our own' }).click()
  await signInThere(elsewhere.page, 'olga')
  await elsewhere.page.getByText('opens nothing here yet').waitFor()
  await elsewhere.close()
})

test('an answer that is posted from another site finds its way, cookies and all', async () => {
  const apple = await startProvider({ account: { sub: 'posted' }, formPost: true })
  const body = {
    ...{ kind: 'oidc', name: 'posting', title: 'Posting', client_id: clientId, client_secret: clientSecret },
    fields: { issuer: apple.issuer },
  }
  await house.client.send('POST', '/api/providers', body, ProviderView)
  const visitor = await visit(browser, house.url)
  await visitor.page.goto(house.url)
  await visitor.page.getByRole('link', { name: 'Sign in with Posting' }).click()
  // Known as unknown: the browser's own attempt was found, and nobody has connected that account.
  await visitor.page.getByText('That account of Posting opens nothing here yet.').waitFor()
  await visitor.close()
  await apple.close()
})
