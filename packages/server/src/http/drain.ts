/** Stopping a server without cutting answers in half: connections at rest go at once, the others after their answer. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Watches a server's connections from its start; the result stops it, cutting what is left after `graceMs`. */
export function drainable(server: Server): (graceMs: number) => Promise<void> {
  // node's own closeIdleConnections spares connections that never sent a request, as browsers keep in reserve.
  const underWay = new Map<Socket, number>()
  let stopping = false
  // Under TLS a `connection` is the bare socket below, which never sees a request.
  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', track)
  function track(socket: Socket): void {
    underWay.set(socket, 0)
    socket.once('close', () => underWay.delete(socket))
  }
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    underWay.set(socket, (underWay.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const left = (underWay.get(socket) ?? 1) - 1
      if (socket.destroyed) return
      underWay.set(socket, left)
      if (stopping && left === 0) socket.destroySoon()
    })
  })
  return function drain(graceMs) {
    stopping = true
    return new Promise((resolve) => {
      const cut = setTimeout(() => server.closeAllConnections(), graceMs)
      server.close(() => {
        clearTimeout(cut)
        resolve()
      })
      for (const [socket, requests] of underWay) if (requests === 0) socket.destroy()
    })
  }
}
