/**
 * Which network addresses are on the public internet. Everything else (loopback, private, link-local, documentation,
 * transition and reserved ranges) is refused by egress, so that nothing Castellan reads can make it talk to its own house.
 */
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** The only IPv6 block that IANA has given out as global unicast (RFC 4291, section 2.4). */
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]

/** NAT64's well-known prefix, which carries an IPv4 address in its last 32 bits (RFC 6052). */
const nat64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96]

/** Looks public, but is the door to a cloud's own control plane (Azure's WireServer). */
const controlPlanes = new Set(['168.63.129.16'])

/**
 * Whether an address literal (dotted decimal or IPv6, no brackets) is on the public internet. Anything that does not
 * parse strictly, an octal or shortened IPv4 and an IPv6 zone included, is not.
 */
export function isPublicAddress(text: string): boolean {
  const address = parseStrictly(text)
  if (address === null) return false
  if (address instanceof ipaddr.IPv4) return isPublicV4(address)
  if (address.isIPv4MappedAddress()) return isPublicV4(address.toIPv4Address())
  if (address.match(nat64)) return isPublicV4(new ipaddr.IPv4(address.toByteArray().slice(12)))
  // 6to4, Teredo and 64:ff9b:1::/48 also carry IPv4 addresses, but through relays nobody needs: they stay refused.
  return address.match(globalUnicast) && address.range() === 'unicast'
}

/** Whether an address literal is the machine itself (127.0.0.0/8, ::1, or the former mapped into IPv6). */
export function isLoopbackAddress(text: string): boolean {
  const address = parseStrictly(text)
  if (address === null) return false
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress())
    return address.toIPv4Address().range() === 'loopback'
  return address.range() === 'loopback'
}

/** The one spelling of an address: `::ffff:7f00:1` and `127.0.0.1` come out alike. Null for what is no address. */
export function canonicalAddress(text: string): string | null {
  const address = parseStrictly(text)
  if (address === null) return null
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress())
    return address.toIPv4Address().toString()
  return address.toString()
}

/** The host of a URL without the brackets of an IPv6 literal. */
export function bareHost(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
}

/**
 * Whether a URL names this machine: `localhost` or a loopback literal. Other names do not count, whatever they resolve to,
 * because what they resolve to can change; egress dials `localhost` only where it is loopback.
 */
export function isLocalUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) return false
  return isLocalName(bareHost(url)) || isLoopbackAddress(bareHost(url))
}

/** Whether a host name stands for this machine by definition (RFC 6761, section 6.3). */
export function isLocalName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '')
  return name === 'localhost' || name.endsWith('.localhost')
}

function isPublicV4(address: ipaddr.IPv4): boolean {
  return address.range() === 'unicast' && !controlPlanes.has(address.toString())
}

function parseStrictly(text: string): Address | null {
  // ipaddr.js would also read 0x7f.1 and 2130706433; a URL parser has already normalised those that are meant.
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  if (!text.includes(':') || !/^[0-9a-f:.]+$/i.test(text)) return null
  // ipaddr.js takes ::8.8.8.8 for ::ffff:8.8.8.8; the URL parser spells out which bits are meant.
  const url = `http://[${text}]`
  return URL.canParse(url) ? ipaddr.IPv6.parse(new URL(url).hostname.slice(1, -1)) : null
}
