/** What crosses a process border. Imports nothing of ours. */
export * from './api.ts'
export * from './errors.ts'
export * from './events.ts'
export * from './marks.ts'
export * from './policy.ts'
export * from './questions.ts'
export * from './ranges.ts'
export * from './values.ts'
