/** The tests of what the gate decides by, without a database. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'packages/kernel/src/**/*.test.ts',
      'packages/server/src/redteam/*.test.ts',
      'packages/server/src/policy/*.test.ts',
      'tests/pins/policy.test.ts',
    ],
    // They guard against slowness and have nothing to say about rules.
    exclude: ['**/leak.test.ts', '**/redact.test.ts', '**/context.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    bail: 1,
    testTimeout: 60_000,
  },
})
