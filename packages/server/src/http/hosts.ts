/**
 * The names this instance answers to. `http://localhost:PORT` is canonical, because WebAuthn refuses bare addresses;
 * the other loopback names serve programs, and public origins are those the owner configured.
 */
import type { RequestOrigin } from './env.ts'

/** Where the instance listens and what it is called outside. */
export interface Hosts {
  readonly port: number
  /** True when our own listener speaks TLS. */
  readonly tls: boolean
  /** Configured public origins, e.g. `https://castle.example`; a bare name means https on its default port. */
  readonly public: readonly string[]
}

/** The origins of an instance, ready to be compared with requests. */
export interface Origins {
  /** Where loopback pages live, e.g. `http://localhost:7777`. */
  readonly canonical: string
  /** Every origin that a page of ours may have, the canonical one first. */
  readonly all: readonly string[]
  /** The origin that a Host header names; undefined for a stranger's name. */
  byHost(host: string): RequestOrigin | undefined
  /** Whether an Origin header is one of ours. */
  isOurs(origin: string): boolean
}

/** Works out the origins; throws TypeError for a public origin that is not one. */
export function originsOf(hosts: Hosts): Origins {
  const scheme = hosts.tls ? 'https' : 'http'
  const byHost = new Map<string, RequestOrigin>()
  const ours = new Set<string>()
  for (const name of ['localhost', '127.0.0.1', '[::1]']) {
    const { host, origin } = new URL(`${scheme}://${name}:${hosts.port}`)
    byHost.set(host, { url: origin, secure: hosts.tls, loopback: true })
  }
  const canonical = new URL(`${scheme}://localhost:${hosts.port}`).origin
  ours.add(canonical)
  for (const text of hosts.public) {
    const { host, origin, protocol } = publicOrigin(text)
    if (byHost.has(host)) continue
    byHost.set(host, { url: origin, secure: protocol === 'https:', loopback: false })
    ours.add(origin)
  }
  return {
    canonical,
    all: [...ours],
    byHost: (host) => byHost.get(host.toLowerCase()),
    isOurs: (origin) => ours.has(origin),
  }
}

function publicOrigin(text: string): URL {
  const url = new URL(text.includes('://') ? text : `https://${text}`)
  const bare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === ''
  if (!bare || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new TypeError(`${text} is not an origin such as https://castle.example`)
  }
  return url
}
