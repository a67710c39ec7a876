/**
 * The socket: bound before anything else starts, so that a busy port is said at once, answering "starting" until there
 * is an application, and stopped by letting what runs finish. Loopback only, unless there is TLS.
 */
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { CastellanError } from '@castellan/contracts'
import { isLocalName, isLoopbackAddress } from '@castellan/kernel'
import { getRequestListener } from '@hono/node-server'
import { drainable } from './drain.ts'
import { errorBody } from './errors.ts'
import { newNonce, securityHeaders } from './headers.ts'

/** Where and how to listen. */
export interface ListenOptions {
  /** `localhost` binds 127.0.0.1 and, where the machine has it, ::1. */
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** PEM texts; TLS 1.2 or newer. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** For a client to send its headers (10 s), and the whole request (30 s), in milliseconds. */
  readonly headersTimeoutMs?: number
  readonly requestTimeoutMs?: number
}

/** Answers one request, e.g. `app.fetch`. */
export type Fetch = (request: Request, env: object) => Response | Promise<Response>

/** A bound socket. */
export interface Listener {
  /** The port that was bound. */
  readonly port: number
  /** The canonical address of pages, e.g. `http://localhost:7777`. */
  readonly url: string
  /** Hands requests to the application from now on. */
  serve(fetch: Fetch): void
  /** Accepts nothing new, waits for what runs, then cuts what is left after `graceMs` (5 s). */
  stop(graceMs?: number): Promise<void>
}

/** Most bytes of a request's headers; node answers 431 above it. */
const maxHeaderSize = 16_384
/** More at once than any household; a flood must not take the file descriptors that PostgreSQL needs. */
const maxConnections = 1_024

/** Binds; rejects with `port_busy`, or `bad_configuration` for an address that is not loopback without TLS. */
export async function listen(options: ListenOptions): Promise<Listener> {
  refuseOpenPlainText(options)
  let fetch: Fetch = starting
  const dispatch: Fetch = (request, env) => fetch(request, env)
  const bound = await bindAll(options, dispatch)
  const { port } = bound[0]
  return {
    port,
    url: urlOf(options, port),
    serve(next) {
      fetch = next
    },
    async stop(graceMs = 5_000) {
      await Promise.all(bound.map(({ drain }) => drain(graceMs)))
    },
  }
}

function urlOf({ host, tls }: ListenOptions, port: number): string {
  const local = isLocalName(host) || isLoopbackAddress(host) || host === '0.0.0.0' || host === '::'
  return new URL(`${tls === undefined ? 'http' : 'https'}://${local ? 'localhost' : host}:${port}`).origin
}

interface Bound {
  readonly port: number
  drain(graceMs: number): Promise<void>
}

function refuseOpenPlainText({ host, tls }: ListenOptions): void {
  if (tls !== undefined || isLocalName(host) || isLoopbackAddress(host)) return
  throw new CastellanError('bad_configuration', `Castellan does not listen on ${host} without TLS.`, {
    hint: 'give a certificate and key, or keep it on localhost behind a reverse proxy',
  })
}

async function bindAll(options: ListenOptions, fetch: Fetch): Promise<[Bound, ...Bound[]]> {
  if (!isLocalName(options.host)) return [await bind(options, options.host, options.port, fetch)]
  const first = await bind(options, '127.0.0.1', options.port, fetch)
  try {
    // Browsers try ::1 for localhost first: left free, another user of the machine could sit there and be us.
    return [first, await bind(options, '::1', first.port, fetch)]
  } catch (error) {
    if (isWithoutIPv6(error)) return [first]
    await first.drain(0)
    throw error
  }
}

function isWithoutIPv6(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && /^(EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(String(error.code))
  )
}

function bind(options: ListenOptions, host: string, port: number, fetch: Fetch): Promise<Bound> {
  const server = makeServer(options, fetch)
  const drain = drainable(server)
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' || error.code === 'EACCES' ? portBusy(host, port, error) : error)
    })
    server.listen({ host, port, exclusive: true }, () => {
      resolve({ port: (server.address() as AddressInfo).port, drain })
    })
  })
}

function portBusy(host: string, port: number, cause: NodeJS.ErrnoException): CastellanError {
  const why =
    cause.code === 'EACCES' ? 'needs a privilege that Castellan does not have' : 'is held by another program'
  return new CastellanError('port_busy', `Port ${port} on ${host} ${why}. Nothing was started.`, {
    hint: `stop the other program, or choose another port: castellan up --port ${port + 1}`,
    cause,
  })
}

function makeServer(options: ListenOptions, fetch: Fetch): Server {
  const headersTimeout = options.headersTimeoutMs ?? 10_000
  const common = {
    maxHeaderSize,
    headersTimeout,
    requestTimeout: options.requestTimeoutMs ?? 30_000,
    connectionsCheckingInterval: Math.min(1_000, headersTimeout),
    keepAliveTimeout: 10_000,
    // Node would refuse a request without Host by itself, bare of headers; the adapter refuses it through errorHandler.
    requireHostHeader: false,
  }
  const secure = options.tls !== undefined
  const handle = getRequestListener(fetch, {
    // The adapter would swap Request and Response of the whole process.
    overrideGlobalObjects: false,
    errorHandler: (error) => plainAnswer(badTarget(error), secure),
  })
  const server =
    options.tls === undefined
      ? createServer(common, handle)
      : createTlsServer({ ...common, ...options.tls, minVersion: 'TLSv1.2' }, handle)
  // Unanswered, node says 417 by itself, bare of headers.
  server.on('checkExpectation', handle)
  server.maxConnections = maxConnections
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    answerBroken(error, socket, secure),
  )
  return server
}

/** The application answers every failure of its own, so what arrives here is a request that could not be read. */
function badTarget(cause: unknown): CastellanError {
  return new CastellanError('bad_request', 'The request line or the Host header cannot be read.', { cause })
}

const starting: Fetch = () =>
  plainAnswer(new CastellanError('not_running', 'Castellan is starting. Try again in a moment.'), false)

function plainAnswer(error: CastellanError, secure: boolean): Response {
  const status = error.code === 'bad_request' ? 400 : 503
  return Response.json(errorBody(error), {
    status,
    headers: {
      ...securityHeaders(newNonce(), secure),
      'cache-control': 'no-store',
      ...(status === 503 ? { 'retry-after': '1' } : {}),
    },
  })
}

const brokenStatus: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** What node could not parse never becomes a request; it is answered on the bare socket, with the same headers. */
function answerBroken(error: NodeJS.ErrnoException, socket: Socket, secure: boolean): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = brokenStatus[error.code ?? ''] ?? '400 Bad Request'
  const headers = { ...securityHeaders(newNonce(), secure), 'content-length': '0', connection: 'close' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n`)
}
