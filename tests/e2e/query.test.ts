/** “Try a query” in a real browser: examples made of the owner's tables, answers, errors with their place, other roles. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { readPostmaster } from '../../packages/server/src/adapters/postgres/postmaster.ts'
import { axe, startBrowser, type Visitor, visit } from './browser.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 })

let house: Instance
let browser: Browser
let visitor: Visitor
showWhenFailed(() => house)
beforeEach(({ onTestFailed }) =>
  onTestFailed(async () => console.error(await visitor.page.locator('body').textContent())),
)
beforeAll(async () => {
  house = await startInstance()
  browser = await startBrowser()
  visitor = await visit(browser, house.url)
  await visitor.page.goto(house.link)
  await visitor.page.getByRole('link', { name: 'Settings' }).waitFor()
})
afterAll(async () => {
  await visitor?.close()
  await browser?.close()
  await house?.close()
})

const tables = `
create table app.plants (id int primary key, name text not null, watered date);
insert into app.plants values (1, 'Fern', '2026-11-20'), (2, 'Cactus', null);
grant usage on schema app to app_owner, app_viewer;
grant all on app.plants to app_owner; grant select (name) on app.plants to app_viewer;`

async function makeTables(): Promise<void> {
  const found = await readPostmaster(join(house.directory, 'data/postgres/data'))
  const secrets = await readFile(join(house.directory, '.env.secrets'), 'utf8')
  const password = /^CASTELLAN_DATA_PASSWORD=(.*)$/m.exec(secrets)?.[1]
  const client = new pg.Client({
    ...{ host: found?.socketDirectory, user: 'castellan_data', database: 'castellan' },
    password,
  })
  await client.connect()
  await client.query(tables)
  await client.end()
}

test('an empty house says how a table is made, and a query works all the same', async () => {
  const { page } = visitor
  await page.goto(`${house.url}/data/query`)
  await page.getByText('No table yet.').waitFor()
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByText('"role": "owner"').waitFor()
})

test('an example of the real tables is answered, with the time it took', async () => {
  await makeTables()
  const { page } = visitor
  await vi.waitFor(
    async () => {
      await page.goto(`${house.url}/data/query`)
      await page.getByLabel('Examples').selectOption('Ten of plants', { timeout: 1_000 })
    },
    { timeout: 20_000 },
  )
  await page.getByRole('textbox', { name: 'Query' }).press('Control+Enter')
  await page.getByText('"name": "Cactus"').waitFor()
  await page.getByText(/^\d+ ms/).waitFor()
  expect(await axe(page)).toEqual([])
})

test('an error stands beside the text, with a way to its line', async () => {
  const { page } = visitor
  await page.getByRole('textbox', { name: 'Query' }).fill('{\n  plantsList(first: 1) {\n    nane\n  }\n}')
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('button', { name: 'Line 3' }).click()
  await expect
    .poll(() => page.evaluate('getSelection().toString() || document.activeElement.tagName'))
    .toMatch(/n|TEXTAREA/)
  await page.getByLabel('Variables, as JSON').fill('[1]')
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByText('The variables are not a JSON object').waitFor()
  await page.getByLabel('Variables, as JSON').fill('')
})

test('as a viewer there is only what a viewer may see', async () => {
  const { page } = visitor
  await page.getByLabel('Ask as').selectOption('viewer')
  await page.getByText('What a viewer can ask for').waitFor()
  await page.getByRole('textbox', { name: 'Query' }).fill('{ plantsList(first: 2) { name watered } }')
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByText('Cannot query field "watered"').waitFor()
  expect(visitor.faults.filter((fault) => !fault.includes('400'))).toEqual([])
})
