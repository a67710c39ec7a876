/**
 * Frames on a socket between two processes of the house: a head of one line and a body, each behind its length, many under
 * way at once on one connection. A head is judged before anything of its body is kept. What is sent in one turn of the event
 * loop goes out together: under load a system call costs more than the frame.
 */
import type { Socket } from 'node:net'

/** Bytes that a head may have. */
const mostHead = 1_024
const prefixBytes = 8

/** Judges a head and the length of its body: takes the body when it is there, or undefined, which ends the connection. */
export type Judge = (head: string, length: number) => ((body: Buffer) => void) | undefined

/** Reads frames until the connection ends. */
export function readFrames(socket: Socket, judge: Judge): void {
  let kept: Buffer[] = []
  let size = 0
  let wanted = prefixBytes
  let step: (piece: Buffer) => boolean = atPrefix
  let lengthOfBody = 0
  function atPrefix(prefix: Buffer): boolean {
    wanted = prefix.readUInt32BE(0)
    lengthOfBody = prefix.readUInt32BE(4)
    step = atHead
    return wanted <= mostHead
  }
  function atHead(head: Buffer): boolean {
    const take = judge(head.toString('latin1'), lengthOfBody)
    wanted = lengthOfBody
    step = (body) => {
      wanted = prefixBytes
      step = atPrefix
      take?.(body)
      return true
    }
    return take !== undefined
  }
  socket.on('data', (chunk: Buffer) => {
    kept.push(chunk)
    size += chunk.byteLength
    if (size < wanted) return
    let rest = kept.length === 1 ? chunk : Buffer.concat(kept)
    while (rest.byteLength >= wanted && !socket.destroyed) {
      const [piece, after] = [rest.subarray(0, wanted), rest.subarray(wanted)]
      rest = after
      if (!step(piece)) socket.destroy()
    }
    kept = rest.byteLength === 0 ? [] : [rest]
    size = rest.byteLength
  })
}

/** How to send frames; what a connection that is gone was given is dropped. */
export function frameWriter(socket: Socket): (head: string, body: Uint8Array) => void {
  let isCorked = false
  const flush = () => {
    isCorked = false
    socket.uncork()
  }
  return function send(head, body) {
    if (socket.destroyed) return
    if (!isCorked) {
      isCorked = true
      socket.cork()
      setImmediate(flush)
    }
    const start = Buffer.allocUnsafe(prefixBytes + head.length)
    start.writeUInt32BE(head.length, 0)
    start.writeUInt32BE(body.byteLength, 4)
    start.write(head, prefixBytes, 'latin1')
    socket.write(start)
    socket.write(body)
  }
}
