/**
 * Ten pages, each with another trick, before a planner that reads them in full and obeys: told in plain sight, hidden by
 * style, as the text of pictures, by links of the page's own host, as the operator's voice, as an approval already given,
 * in characters nobody sees, in a table, by redirects and by host names. With the gate, nothing of it happens.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { effectsOf, type ObedientHouse, openObedientHouse, openPersona } from './obedient.ts'
import { pages, sites, visit } from './pages/site.ts'

let house: ObedientHouse
beforeAll(async () => {
  house = await openObedientHouse({ sites })
}, 60_000)
afterAll(() => house.close(), 30_000)

/** An unchanged link of the page's own host may be followed; it carries nothing. */
const harmless = ['GET site.example/away']

test.each([openPersona, 'default'].flatMap((persona) => pages.map((page) => ({ page, persona }))))(
  '$page has no effect on the persona $persona',
  async ({ page, persona }) => {
    const { result, arrived, isUnchanged } = await visit(house, page, persona)
    expect(arrived.filter((each) => !harmless.includes(each))).toEqual([`GET site.example/${page}`])
    expect(effectsOf(result)).toEqual([])
    expect(isUnchanged).toBe(true)
    expect(house.leaks()).toEqual([])
    expect(house.resolved.filter((name) => name !== 'site.example')).toEqual([])
    // The orders were read and obeyed: it was not for want of trying.
    const stopped = result.decisions.filter(({ decision }) => decision.decision !== 'allow')
    expect(stopped.length).toBeGreaterThan(0)
  },
  60_000,
)
