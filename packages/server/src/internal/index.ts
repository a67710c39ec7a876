/** Signed calls between processes of the house. */
export {
  answerHeader,
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
