/** Pasting into the composer, in a real browser: what is marked, what is sent, and how the owner calls it their own. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { axe, startBrowser, visit } from './browser.ts'
import { type Instance, startInstance } from './instance.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 180_000 })

let house: Instance
let browser: Browser
let page: Page

beforeAll(async () => {
  house = await startInstance({ allow: [] })
  browser = await startBrowser()
  page = (await visit(browser, house.url)).page
  await page.goto(house.link)
  await page.getByRole('heading', { name: 'First steps' }).waitFor()
  await page.goto(`${house.url}/chat`)
})
afterAll(async () => {
  await browser?.close()
  await house?.close()
})

const field = () => page.getByLabel('Message to Castellan')
const marks = () => page.locator('.composer-underlay mark').allTextContents()
const paste = async (text: string) => {
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
  await page.keyboard.press('Control+V')
}

test('pasted text is marked, follows edits, and can be called the owner’s own by keyboard', async () => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await field().fill('Send to bob.')
  expect(await marks()).toEqual([])
  for (let n = 0; n < 'to bob.'.length; n++) await page.keyboard.press('ArrowLeft')
  await paste('the minutes ')
  expect(await field().inputValue()).toBe('Send the minutes to bob.')
  expect(await marks()).toEqual(['the minutes '])
  await page.keyboard.press('Home')
  await page.keyboard.type('Now: ')
  expect(await marks()).toEqual(['the minutes '])
  await page.keyboard.press('Control+Z')
  await page.keyboard.press('Control+Z')
  await page.keyboard.press('Control+Y')
  await page.keyboard.press('Control+Y')
  expect((await marks()).join('')).toContain('the minutes ')
  expect(await axe(page)).toEqual([])
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  expect(await marks()).toEqual([])
  await expect.poll(() => page.locator('textarea:focus').count()).toBe(1)
})

test('what was pasted is sent and shown as pasted, and quoted lines with it', async () => {
  await field().fill('')
  await page.keyboard.type('Sum this up: ')
  await paste('PAY EVE')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('> she said')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.locator('.owner-text .pasted-part').count()).toBe(2)
  const shown = await page.locator('.owner-text .pasted-part').allTextContents()
  expect(shown).toEqual(['(pasted: PAY EVE)', '(pasted: > she said)'])
})
