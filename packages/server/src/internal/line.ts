/**
 * The caller's end of a socket between two processes: signs each call, takes no answer but the signed one to it, and lets
 * only so many be under way at once. The other end is `serveCalls`.
 */
import { connect, type Socket } from 'node:net'
import { hashOf, type PairKey, readAnswer, type Service, signCall } from './call.ts'
import { frameWriter, readFrames } from './frames.ts'

export interface LineOptions {
  /** A unix socket. */
  readonly path: string
  readonly caller: Service
  readonly callee: Service
  /** To sign calls with, and to check answers with. */
  readonly keys: { readonly calls: PairKey; readonly answers: PairKey }
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Calls under way at once; more wait. */
  readonly most: number
  /** Bytes of an answer. */
  readonly answerLimit: number
  /** How long an answer may take, in milliseconds; then the other end is taken for dead and every call rejects. */
  readonly silenceMs: number
}

export interface LineAnswer {
  readonly status: number
  /** Exactly what the callee signed. */
  readonly body: Buffer
}

export interface Line {
  /** Rejects when the connection breaks, which says nothing of whether the call was carried out. */
  ask(target: string, body: Uint8Array): Promise<LineAnswer>
  close(): void
}

interface Waiting {
  readonly since: number
  resolve(answer: LineAnswer): void
  reject(error: Error): void
}

interface Connection {
  readonly socket: Socket
  readonly send: (head: string, body: Uint8Array) => void
  /** By the nonce of the call, oldest first. */
  readonly waiting: Map<string, Waiting>
}

/** Makes the line; it connects when it is first asked, and again after a break. */
export function openLine(options: LineOptions): Line {
  const turns: (() => void)[] = []
  let current: Connection | null = null
  let underWay = 0
  let isClosed = false
  const connected = () => {
    if (current === null || current.socket.destroyed) current = connection(options)
    return current
  }
  return {
    async ask(target, body) {
      if (underWay >= options.most) await new Promise<void>((resolve) => turns.push(resolve))
      else underWay++
      try {
        if (isClosed) throw new Error('the line is closed')
        return await exchange(options, connected(), target, body)
      } finally {
        // The place goes straight to whoever waited longest.
        const next = turns.shift()
        if (next === undefined) underWay--
        else next()
      }
    },
    close() {
      isClosed = true
      current?.socket.destroy()
    },
  }
}

function exchange(
  { keys, caller, callee, now }: LineOptions,
  { send, waiting }: Connection,
  target: string,
  body: Uint8Array,
): Promise<LineAnswer> {
  const call = { method: 'POST', target, caller, callee }
  const { header, nonce } = signCall(keys.calls, call, hashOf(body), now())
  return new Promise((resolve, reject) => {
    waiting.set(nonce, { since: performance.now(), resolve, reject })
    send(`${target} ${header}`, body)
  })
}

function connection(options: LineOptions): Connection {
  const { path, silenceMs } = options
  const socket = connect(path)
  const waiting = new Map<string, Waiting>()
  let cause = new Error('the connection broke')
  socket.on('error', (error) => {
    cause = error
  })
  const watch = setInterval(() => {
    const [oldest] = waiting.values()
    if (oldest !== undefined && performance.now() - oldest.since > silenceMs) {
      socket.destroy(new Error('the other end stays silent'))
    }
  }, silenceMs / 4).unref()
  socket.on('close', () => {
    clearInterval(watch)
    for (const { reject } of waiting.values()) reject(cause)
  })
  readFrames(socket, (head, length) => {
    const [nonce = '', status = '', proof] = head.split(' ')
    const asked = waiting.get(nonce)
    const hash = readAnswer(options.keys.answers, proof, nonce, Number(status))
    // Whoever sits on the socket: without the key it answers nobody, and of its body nothing is kept.
    if (asked === undefined || hash === undefined || length > options.answerLimit) return undefined
    return (body) => {
      if (!hashOf(body).equals(hash)) return void socket.destroy(new Error('an answer that was not signed'))
      waiting.delete(nonce)
      asked.resolve({ status: Number(status), body })
    }
  })
  return { socket, send: frameWriter(socket), waiting }
}
