/** A real Chromium for tests of the page, with what every page must keep: no request to another host, no broken policy. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const executablePath = '/usr/bin/chromium'
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Starts the browser; close it when done. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args })
}

/** A visitor of one house. `faults` collects what no visit may cause. */
export interface Visitor {
  readonly page: Page
  /** Console errors, page errors, and requests that left for elsewhere. */
  readonly faults: string[]
  close(): Promise<void>
}

/** The refusals that a visit may meet on purpose; the browser logs each as an error. */
const expected = /status of (401|403|409|410)/

/** Opens a window of its own session. */
export async function visit(
  browser: Browser,
  house: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const faults: string[] = []
  const own = new URL(house).origin
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected.test(message.text()))
      faults.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== own && url.protocol !== 'data:') faults.push(`left for ${request.url()}`)
  })
  return { page, faults, close: () => context.close() }
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string }[]
}

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What axe-core finds on the page as it stands; empty is good. */
export async function axe(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  // Through the debugger, so that the page's own policy needs no hole for it.
  await page.evaluate(source)
  const run = `axe.run(document, { runOnly: ${JSON.stringify(rules)} }).then((result) => result.violations)`
  const violations: readonly Violation[] = await page.evaluate(run)
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
  )
}
