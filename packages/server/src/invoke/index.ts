/** The one road to an effect. */
export { type Breakers, createBreakers } from './breakers.ts'
export type { Budget } from './budget.ts'
export { type Clock, systemClock } from './clock.ts'
export { createGate, type Invoke } from './gate.ts'
export type { GatePorts, Invocation } from './invocation.ts'
export type { Outcome, RefusalReason } from './outcome.ts'
export * from './skill.ts'
