/** Which destinations may be dialled: public ones and the owner's exceptions for skills, the configured one for a model. */
import { networkInterfaces } from 'node:os'
import { CastellanError } from '@castellan/contracts'
import {
  bareHost,
  canonicalAddress,
  isLocalName,
  isLoopbackAddress,
  isPublicAddress,
} from '@castellan/kernel'
import type { Destination } from './dial.ts'

/**
 * Refuses a destination as soon as one of its addresses is not public or is this machine's own. `allow` holds the owner's
 * exceptions as exact `host:port`; the name or address must be spelled as in the URL.
 */
export function publicOnly(
  allow: readonly string[],
  own: () => readonly string[] = interfaceAddresses,
): (destination: Destination) => void {
  const exceptions = new Set(allow.map(parseException))
  return function check({ host, port, addresses }) {
    const name = hostAndPort(host, port)
    if (exceptions.has(name)) return
    const ours = new Set(own().map(canonicalAddress))
    if (addresses.every((address) => isPublicAddress(address) && !ours.has(canonicalAddress(address)))) return
    throw new CastellanError(
      'address_refused',
      `${name} is not on the public internet, so it was not contacted and nothing was sent.`,
      {
        hint: `If it is meant to be reached, the owner can add "${name}" to egress.allow in castellan.yaml.`,
      },
    )
  }
}

/** Refuses every destination but one configured base URL's; without TLS only addresses that are not public. */
export function only(base: URL): (destination: Destination) => void {
  const port = portOf(base)
  const name = hostAndPort(bareHost(base), port)
  return function check(destination) {
    if (hostAndPort(destination.host, destination.port) !== name)
      throw new CastellanError('address_refused', `Only ${name} is configured; nothing was sent elsewhere.`, {
        hint: 'Change the base URL of the model if it has moved.',
      })
    if (isLocalName(destination.host) && !destination.addresses.every(isLoopbackAddress))
      throw new CastellanError('address_refused', `${name} is not this machine; nothing was sent.`, {
        hint: 'Check the entry for localhost in /etc/hosts.',
      })
    if (!destination.secure && destination.addresses.some(isPublicAddress))
      throw new CastellanError(
        'address_refused',
        `${name} would get the key and the prompt unencrypted over the internet; nothing was sent.`,
        { hint: 'Use an https base URL.' },
      )
  }
}

/** The port of a URL, the scheme's default included. */
export function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
}

function hostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function parseException(text: string): string {
  const match = /^(?<host>[^/\\?#@*\s]+):(?<port>\d+)$/.exec(text)
  if (match === null || !URL.canParse(`http://${text}`))
    throw new CastellanError('bad_configuration', `egress.allow: "${text}" is not of the form host:port.`, {
      hint: 'Write an address or name with its port, e.g. 127.0.0.1:8080.',
    })
  return hostAndPort(bareHost(new URL(`http://${text}`)), Number(match.groups?.['port']))
}

/** Asked anew each time: a laptop changes its addresses while the server runs. */
function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map((own) => own.address))
}
