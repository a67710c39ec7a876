/** Callers: programs that ask the owner's models over /v1 with tokens of their own. */
export { type CallerService, openCallers } from './callers.ts'
export { openAiErrors } from './errors.ts'
export { callerRoutes } from './routes.ts'
export { callerSkill } from './skill.ts'
export type { CallersOptions } from './types.ts'
export { v1Routes } from './v1.ts'
