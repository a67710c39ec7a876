/** The callee's end of a socket between two processes: who may speak is decided by the head, before the body; answers are signed. */
import { createServer, type Server } from 'node:net'
import { hashOf, type PairKey, signAnswer } from './call.ts'
import { type CheckOptions, callCheck } from './check.ts'
import { frameWriter, readFrames } from './frames.ts'

export interface Serving extends CheckOptions {
  /** To sign answers with. */
  readonly answers: PairKey
  /** Bytes that a body may have. */
  readonly bodyLimit: number
  /** Given a body only when it is the signed one. */
  readonly work: (body: Buffer) => Promise<{ readonly status: number; readonly body: Buffer }>
  /** Hears of work that failed, which the caller is told by 503 and nothing else. */
  readonly report: (error: Error) => void
}

/** Makes the server; whoever is refused is hung up on. The caller has it listen. */
export function serveCalls(serving: Serving): Server {
  const check = callCheck(serving)
  return createServer((socket) => {
    const send = frameWriter(socket)
    socket.on('error', () => {})
    const answer = (nonce: string, status: number, body: Buffer) =>
      send(`${nonce} ${status} ${signAnswer(serving.answers, nonce, status, hashOf(body))}`, body)
    readFrames(socket, (head, length) => {
      const [target = '', ...headers] = head.split(' ')
      if (length > serving.bodyLimit) return undefined
      const admitted = check({ method: 'POST', target, headers })
      if (admitted === undefined) return undefined
      const { nonce } = admitted
      return (body) => {
        if (!hashOf(body).equals(admitted.body)) return void socket.destroy()
        serving.work(body).then(
          (done) => answer(nonce, done.status, done.body),
          (error: Error) => {
            serving.report(error)
            answer(nonce, 503, Buffer.from('{}'))
          },
        )
      }
    })
  })
}
