/** Rows of a break's file, the tests that are to notice, and what is broken. */
import type { Break } from './breaks.ts'

/** The breaks of one file; a test without a folder is an attack. */
export const identityBreaksOf = (
  file: string,
  tests: string | readonly string[],
  all: readonly (readonly [rule: string, find: string, put: string, equivalent?: string])[],
): Break[] =>
  all.map(([rule, find, put, equivalent]) => ({
    ...{ area: 'identity', rule, file, find, put },
    tests: [tests].flat().map((test) => (test.includes('/') ? test : `tests/attack/${test}.test.ts`)),
    ...(equivalent === undefined ? {} : { equivalent }),
  }))
