/** Limits: how often something may be done and how often it may fail, exact and shared by all processes. */
export { limiterKey } from './key.ts'
export { type LimitsOptions, openLimits } from './limits.ts'
export type { Attempt, Limits, LockRule, Rate } from './types.ts'
