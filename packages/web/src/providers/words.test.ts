/** What is said when a sign-in by a provider fails. */
import { expect, test } from 'vitest'
import { problemIn } from './words.ts'

const titles = [{ name: 'github', title: 'GitHub' }]

test('names the provider by its title', () => {
  expect(problemIn('?problem=cancelled&provider=github', titles)).toBe(
    'You said no at GitHub, so nothing was done.',
  )
})

test('repeats nothing that somebody wrote into the address', () => {
  expect(problemIn('?problem=unavailable&provider=Call+555', titles)).toMatch(
    /^The other side cannot be reached/,
  )
  expect(problemIn('?problem=<b>evil</b>', titles)).toBeNull()
  expect(problemIn('', titles)).toBeNull()
})
