/** Tests of what the gate decides by, in a copy with one rule broken, without a database: one worker, and the first failure ends it. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    // They guard against slowness and have nothing to say about rules.
    exclude: ['**/leak.test.ts', '**/redact.test.ts', '**/keep.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    bail: 1,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
