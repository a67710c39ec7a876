/** A real HTTP or HTTPS server on loopback for tests, which counts what reaches it. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface WebServer {
  /** `http://127.0.0.1:PORT` (or https). */
  readonly url: string
  readonly port: number
  /** `METHOD path` of every request that arrived, in order. */
  readonly requests: string[]
  /** Connections that were opened, whether or not a request followed. */
  connections: number
  close(): Promise<void>
}

/** Starts a server on a free port; with `tls` it speaks HTTPS. */
export async function startWebServer(handler: RequestListener, tls?: ServerOptions): Promise<WebServer> {
  const listener: RequestListener = (request, response) => {
    web.requests.push(`${request.method} ${request.url}`)
    handler(request, response)
  }
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  server.on('connection', () => {
    web.connections++
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const web: WebServer = {
    url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${port}`,
    port,
    requests: [],
    connections: 0,
    async close() {
      server.close()
      server.closeAllConnections()
      if (server.listening) await once(server, 'close')
    },
  }
  return web
}
