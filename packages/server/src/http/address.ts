/**
 * Whom a request comes from: the socket's address or, through proxies that the owner named, the one they forward.
 * A forwarded header from anyone else is words of a stranger.
 */
import { BlockList, isIPv6 } from 'node:net'
import { canonicalAddress, isLoopbackAddress } from '@castellan/kernel'

/** The sender of a request. */
export interface Peer {
  /** One spelling per address; `unknown` when there is none. */
  readonly address: string
  /** The connection itself comes from this machine, whatever a proxy says. */
  readonly fromLoopback: boolean
}

/** Reads the sender of a request, given the socket's address and the `X-Forwarded-For` header. */
export type ReadPeer = (socketAddress: string | undefined, forwardedFor: string | undefined) => Peer

/** Trusts `X-Forwarded-For` from these addresses and CIDR ranges only; throws TypeError for what is neither. */
export function peerReader(trustedProxies: readonly string[]): ReadPeer {
  const trusted = new BlockList()
  for (const range of trustedProxies) addRange(trusted, range)
  const isTrusted = (address: string) =>
    trustedProxies.length > 0 && trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
  // A connection asks many times.
  let [last, direct] = ['', null as string | null]
  return function readPeer(socketAddress = '', forwardedFor) {
    if (socketAddress !== last) {
      last = socketAddress
      direct = canonicalAddress(withoutZone(socketAddress))
    }
    if (direct === null) return { address: 'unknown', fromLoopback: false }
    let address = direct
    // Each proxy appends the address that it saw, so the list is read from the right and ends at the first stranger.
    const hops = forwardedFor?.split(',') ?? []
    while (isTrusted(address)) {
      const hop = canonicalAddress(withoutPort(hops.pop()?.trim() ?? ''))
      if (hop === null) break
      address = hop
    }
    return { address, fromLoopback: isLoopbackAddress(direct) }
  }
}

/** Some proxies write the client's port as well: `203.0.113.7:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  return /^\[([^\]]*)\](:\d{1,5})?$/.exec(hop)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(hop)?.[1] ?? hop
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '')
}

function addRange(list: BlockList, range: string): void {
  const [text = '', bits, ...rest] = range.split('/')
  const address = canonicalAddress(text)
  if (address === null || rest.length > 0)
    throw new TypeError(`${range} is neither an address nor a CIDR range`)
  if (Number(bits) === 0)
    throw new TypeError(`${range} is everybody, and who is trusted may name any address`)
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (bits === undefined) list.addAddress(address, family)
  else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 'ipv6' ? 128 : 32))
    list.addSubnet(address, Number(bits), family)
  else throw new TypeError(`${range} is not a CIDR range`)
}
