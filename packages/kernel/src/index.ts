/** Pure decisions: no I/O, clock, random, environment or async. */
export * from './label.ts'
