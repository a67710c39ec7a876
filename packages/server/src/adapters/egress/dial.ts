/**
 * Opens the connections of every request that leaves the house. A name is resolved here, all its addresses are
 * checked, and one of the checked addresses is dialled: between check and use nobody can change the answer.
 */
import { lookup } from 'node:dns/promises'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectSecure, getCACertificates } from 'node:tls'
import type { buildConnector } from 'undici'
import { neverSent } from './failure.ts'

/** Where a connection is about to go. `host` is a lower-case name or an address without brackets. */
export interface Destination {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  /** Every address that `host` resolved to. */
  readonly addresses: readonly string[]
}

/** Resolves a name to all its addresses; rejects when there are none. */
export type Resolve = (host: string) => Promise<readonly string[]>

export interface DialOptions {
  /** Throws a `CastellanError` when the destination may not be dialled. */
  readonly check: (destination: Destination) => void
  /** The system's resolver when absent. */
  readonly resolve?: Resolve
  /** A further certificate authority to trust, PEM. */
  readonly ca?: string
  /** Per address; 5 s when absent. */
  readonly connectTimeoutMs?: number
}

/** Addresses tried per connection; a name with hundreds of them must not keep a request busy. */
const maxAttempts = 4

/** undici's `connect` hook. Literal addresses pass through it too, which a `lookup` option would never see. */
export function connector(options: DialOptions): buildConnector.connector {
  return function connect(target, callback) {
    const secure = target.protocol === 'https:'
    const port = Number(target.port) || (secure ? 443 : 80)
    dial({ host: target.hostname.toLowerCase(), port, secure }, options).then(
      (socket) => callback(null, socket),
      (error: unknown) =>
        callback(neverSent(error instanceof Error ? error : new Error(String(error))), null),
    )
  }
}

async function dial(target: Omit<Destination, 'addresses'>, options: DialOptions): Promise<Socket> {
  const resolve = options.resolve ?? systemResolve
  const addresses = isIP(target.host) !== 0 ? [target.host] : await resolve(target.host)
  options.check({ ...target, addresses })
  let failure: unknown = new Error('the name has no address')
  for (const address of addresses.slice(0, maxAttempts)) {
    try {
      return await open(target, address, options)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

function open(
  target: Omit<Destination, 'addresses'>,
  address: string,
  options: DialOptions,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = target.secure
    ? connectSecure({
        host: address,
        port: target.port,
        // An address literal is verified against the certificate's addresses and sends no name.
        servername: isIP(target.host) === 0 ? target.host.replace(/\.$/, '') : '',
        ALPNProtocols: ['http/1.1'],
        minVersion: 'TLSv1.2',
        // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED cannot turn it off.
        rejectUnauthorized: true,
        ...(options.ca === undefined ? {} : { ca: [...getCACertificates('default'), options.ca] }),
      })
    : connectPlain({ host: address, port: target.port })
  const fail = () => socket.destroy(new Error('the connection was not made in time'))
  socket.setTimeout(options.connectTimeoutMs ?? 5_000, fail)
  socket.once('error', reject)
  socket.once(target.secure ? 'secureConnect' : 'connect', () => {
    socket.off('error', reject).off('timeout', fail).setTimeout(0).setNoDelay(true)
    resolve(socket)
  })
  return promise
}

async function systemResolve(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, order: 'verbatim' })).map((found) => found.address)
}
