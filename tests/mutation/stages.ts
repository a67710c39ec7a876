/** Which tests are tried against a broken rule, the nearest first, so that most breaks are caught within seconds. */

/** One go: some test files, or a replay of the red team's suites. */
export type Stage =
  | {
      readonly kind: 'tests'
      readonly files: readonly string[]
      /** Leaves out the few property tests that take longer than all others together. */
      readonly isQuick?: boolean
      /** Needs a database. */
      readonly hasHouse?: boolean
    }
  | { readonly kind: 'replay'; readonly suites: 'shared' | 'own'; readonly isSealed: boolean }

const kernel = 'packages/kernel/src/'
const server = 'packages/server/src/'
const trace = `${kernel}trace/`

const quickTracing: Stage = { kind: 'tests', files: [trace], isQuick: true }
const restOfKernel: Stage = { kind: 'tests', files: [kernel], isQuick: true }
const slowTracing: Stage = { kind: 'tests', files: [`${trace}trace.test.ts`] }
const replays: readonly Stage[] = [
  { kind: 'replay', suites: 'shared', isSealed: false },
  { kind: 'replay', suites: 'own', isSealed: false },
]
const sealedReplays: readonly Stage[] = [
  { kind: 'replay', suites: 'own', isSealed: true },
  { kind: 'replay', suites: 'shared', isSealed: true },
]
const decisions: Stage = {
  kind: 'tests',
  files: ['tests/pins/policy.test.ts', `${server}policy/decide.test.ts`, `${server}redteam/`],
}

/** What is tried for a break in a file, where it names no tests of its own. Whatever catches it ends the search. */
export function stagesFor(file: string, tests?: readonly string[]): readonly Stage[] {
  if (tests !== undefined) return [{ kind: 'tests', files: tests, hasHouse: true }]
  const beside = file.replace(/\.(?:ts|cedar)$/, '.test.ts')
  if (file.startsWith(trace))
    return [quickTracing, restOfKernel, ...replays, decisions, slowTracing, ...sealedReplays]
  if (file.startsWith(kernel))
    return [
      { kind: 'tests', files: [beside] },
      restOfKernel,
      ...replays,
      decisions,
      slowTracing,
      ...sealedReplays,
    ]
  if (file.endsWith('.cedar'))
    return [
      { kind: 'tests', files: ['tests/pins/policy.test.ts', `${server}policy/cedar.test.ts`] },
      decisions,
      ...replays,
      { kind: 'tests', files: [`${server}policy/`, 'tests/attack/policy-'], hasHouse: true },
    ]
  if (file.startsWith(`${server}policy/`))
    return [
      { kind: 'tests', files: [beside, `${server}policy/cedar.test.ts`], isQuick: true },
      { kind: 'tests', files: [`${server}policy/monotone.test.ts`] },
      { kind: 'tests', files: [`${server}policy/`, 'tests/attack/policy-'], hasHouse: true },
    ]
  if (file.startsWith(`${server}redteam/`))
    return [{ kind: 'tests', files: [`${server}redteam/`] }, ...replays, ...sealedReplays]
  return [
    { kind: 'tests', files: [`${server}sealed/`] },
    { kind: 'tests', files: ['tests/attack/sealed-', `${server}agent/`], hasHouse: true },
  ]
}
