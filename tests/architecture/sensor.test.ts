/** The sensor is evidence and never permission: whoever decides does not even know of it. */
import { expect, test } from 'vitest'
import { shipped } from './sources.ts'

const server = 'packages/server/src/'
const importers = shipped
  .filter((source) => !source.path.startsWith(`${server}sensor/`))
  .filter((source) => source.imports.some(({ target }) => target?.startsWith(`${server}sensor/`) === true))

test('only who makes the house and who takes pages apart know of the sensor', () => {
  expect(importers.map((source) => source.path)).toEqual([
    `${server}agency.ts`,
    `${server}skills/reading/page.ts`,
  ])
})

test('the gate asks it in one place, once the skill has run, and the marks are read by what shows them', () => {
  const gate = shipped.find((source) => source.path === `${server}invoke/gate.ts`)?.text ?? ''
  const [before = '', ...after] = gate.split('ports.sense')
  expect(after).toHaveLength(1)
  expect(before.lastIndexOf('skill.run(')).toBeGreaterThan(before.lastIndexOf('function '))
  const readers = shipped.filter(
    ({ path, text }) =>
      path.startsWith(server) &&
      !path.includes('/sensor/') &&
      /\b(?:outcome|done|result)\??\.found\b/.test(text),
  )
  expect(readers.map((source) => source.path)).toEqual([
    `${server}agent/entries.ts`,
    `${server}invoke/gate.ts`,
  ])
})

test('no policy can speak of marks', () => {
  const judges = shipped.filter(
    ({ path }) => path.startsWith('packages/kernel/') || path.startsWith(`${server}policy/`),
  )
  expect(judges.filter(({ text }) => /\bFound\b|\bsense\b/.test(text)).map(({ path }) => path)).toEqual([])
})
