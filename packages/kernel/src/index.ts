/** Pure decisions: no I/O, clock, random, environment or async. */
export * from './address.ts'
export * from './breaker.ts'
export * from './call.ts'
export * from './decide.ts'
export * from './label.ts'
export * from './origin.ts'
export * from './why.ts'
