/**
 * `node scripts/screenshots.ts`: pictures of every room, light, dark and on a phone, from the real product playing its
 * demo. They go to docs/guide; look at them before handing a change in.
 */
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { openDemo } from '@castellan/server/demo'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { startBrowser } from '../tests/e2e/browser.ts'
import { furnish } from './household.ts'

const target = fileURLToPath(new URL('../docs/guide/', import.meta.url))

const looks: Readonly<Record<string, BrowserContextOptions>> = {
  light: { viewport: { width: 1280, height: 860 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', isMobile: true, hasTouch: true },
}

const demo = await openDemo({ unsafe: false, wordMs: 0, tell: (words) => console.error(words) })
const browser = await startBrowser()
try {
  await mkdir(target, { recursive: true })
  const { conversation } = await demo.play()
  await furnish(demo)
  const rooms = {
    'chat-question': `/chat/${conversation}`,
    waiting: '/waiting',
    ledger: '/ledger',
    models: '/models',
    policies: '/policies',
    settings: '/settings',
    people: '/people',
    'signing-in': '/account/signing-in',
    devices: '/account/devices',
    data: '/data',
    system: '/system',
    'first-run': '/welcome',
  }
  for (const look of Object.keys(looks)) await photograph(browser, look, rooms)
} finally {
  await browser.close()
  await demo.close()
}

async function photograph(
  from: Browser,
  look: string,
  rooms: Readonly<Record<string, string>>,
): Promise<void> {
  const context = await from.newContext({ ...looks[look], reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(`${demo.url}/signin`)
  await page.getByRole('textbox', { name: /password/i }).waitFor()
  await page.screenshot({ path: `${target}signin-${look}.png` })
  await page.goto(await demo.link())
  await page.getByRole('navigation').first().waitFor()
  for (const [name, path] of Object.entries(rooms)) {
    await page.goto(`${demo.url}${path}`)
    await page.getByRole('heading').first().waitFor()
    // The live stream stays open for good, so the network never rests; what was asked for has an end.
    await page
      .getByText(/^(Loading|Looking)/)
      .first()
      .waitFor({ state: 'hidden' })
    if (name === 'policies') await writeRule(page)
    await page.screenshot({ path: `${target}${name}-${look}.png` })
    console.error(`${name}-${look}`)
  }
  await context.close()
}

/** An empty editor shows little: the room's own example is put in and checked. */
async function writeRule(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Begin with an example' }).click()
  await page.getByText('1 rule', { exact: false }).first().waitFor()
}
