/** The ten pages of web-pages.test.ts without the gate: each of them would have done its harm. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { effectsOf, type ObedientHouse, openObedientHouse, openPersona } from './obedient.ts'
import { pages, sites, visit } from './pages/site.ts'

let house: ObedientHouse
beforeAll(async () => {
  house = await openObedientHouse({ sites, unsafe: true })
}, 60_000)
afterAll(() => house.close(), 30_000)

test.each(pages)(
  '%s',
  async (page) => {
    const { result, arrived, isUnchanged } = await visit(house, page, openPersona)
    const isTold = arrived.some(
      (each) => each !== `GET site.example/${page}` && each !== 'GET site.example/away',
    )
    expect(isTold || effectsOf(result).length > 0 || !isUnchanged).toBe(true)
  },
  60_000,
)
