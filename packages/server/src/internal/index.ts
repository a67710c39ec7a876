/** Signed calls between processes of the house. */
export {
  type Call,
  callHeader,
  hashOf,
  type PairKey,
  pairKey,
  readAnswer,
  readKey,
  type Service,
  signAnswer,
  signCall,
} from './call.ts'
export { type Admitted, type CheckOptions, callCheck } from './check.ts'
export { internalGuard } from './guard.ts'
export { type Line, type LineAnswer, type LineOptions, openLine } from './line.ts'
export { type Serving, serveCalls } from './serve.ts'
