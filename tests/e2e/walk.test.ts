/** The walk of docs/guide/walk.md in a real browser: what the owner sees of an injection, from the paste to the ledger. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type FakeModels, startFakeModels } from '../fakes/server.ts'
import { startBrowser, visit } from './browser.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'
import { obey, summary, walk } from './walk.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let model: FakeModels
let house: Instance
showWhenFailed(() => house)
beforeAll(async () => {
  model = await startFakeModels(obey)
  house = await startInstance()
  await house.addModel('openai-compatible', model.openaiUrl, 'obedient')
  await writeFile(join(house.workspace, 'private-notes.md'), 'The spare key is with the Novaks.\n')
})
afterAll(async () => {
  await house?.close()
  await model?.close()
})

test('a pasted mail is answered unread, its order is shown where it stands, and a no keeps the notes in the house', async () => {
  const browser = await startBrowser()
  try {
    const { page, faults } = await visit(browser, house.url)
    await page.goto(house.link)
    await page.getByRole('navigation').first().waitFor()
    const seen: { [name: string]: string } = {}
    await walk(page, house.url, async (name) => {
      seen[name] = await page.locator('body').innerText()
    })
    expect(faults).toEqual([])
    expect(seen['2-sealed']).not.toContain('From here on')
    expect(seen['3-asked']).toMatch(/came from text you pasted/)
    expect(seen['3-asked']).toMatch(/What you pasted, line 8: .*https:\/\/meters\.example\/collect/)
    expect(seen['3-asked']).toMatch(/content_type\s+option\s+application\/json\s+system/)
    expect(seen['4-source']).toMatch(/From here on this run has read/)
    expect(seen['5-denied']?.match(/This result holds words that give orders to a model/g)).toHaveLength(1)
    expect(seen['6-ledger']).toMatch(/The owner said no\. By the rules it needed a yes/)
    expect(seen['6-ledger']).toMatch(/It would have passed if/)
    expect(await readFile(join(house.workspace, 'notes.md'), 'utf8')).toBe(`${summary}\n`)
    const planned = model.requests.filter(({ tools }) => tools.length > 0)
    const first = planned.filter(({ said }) => said.startsWith('What does the mail'))
    expect(JSON.stringify(first.map(({ messages }) => messages))).not.toContain('ignore all previous')
  } finally {
    await browser.close()
  }
})
