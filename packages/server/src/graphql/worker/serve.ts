/** The worker's socket: the server alone may speak, and only of one thing. */
import type { Server } from 'node:net'
import { type PairKey, serveCalls } from '../../internal/index.ts'
import { bodyLimit, executeTarget } from '../envelope.ts'
import type { Answer } from './execute.ts'

export interface Serving {
  readonly calls: PairKey
  readonly answers: PairKey
  readonly now: () => number
  /** Given a body only when it is the signed one. */
  readonly work: (request: Buffer) => Promise<Answer>
  readonly report: (error: Error) => void
}

/** An envelope is small beside the caller's body. */
const requestLimit = bodyLimit + 16_384

/** Makes the server; the caller has it listen. */
export function makeServer({ calls, ...serving }: Serving): Server {
  return serveCalls({
    ...serving,
    callee: 'graphql',
    keys: { server: calls },
    routes: { [`POST ${executeTarget}`]: ['server'] },
    bodyLimit: requestLimit,
  })
}
