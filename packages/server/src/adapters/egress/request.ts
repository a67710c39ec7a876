/**
 * One request of a skill to the outside: checked, dialled at the checked address, redirected by hand and bounded in time and
 * size. A decision of the gate holds for one host, so a redirect to another is handed back instead of followed.
 */
import { CastellanError } from '@castellan/contracts'
import { Agent, type Dispatcher, request as send } from 'undici'
import type { Egress, OutboundAnswer, OutboundRequest } from '../../skills/ports.ts'
import { acceptedEncodings, decode } from './decode.ts'
import { connector, type Resolve } from './dial.ts'
import { failureOf, type Progress, tooSlow } from './failure.ts'
import { portOf, publicOnly } from './rules.ts'

export interface EgressOptions {
  /** The owner's exceptions to "public addresses only", each exactly `host:port` (egress.allow). */
  readonly allow?: readonly string[]
  /** A further certificate authority to trust, PEM. */
  readonly ca?: string
  readonly resolve?: Resolve
  /** This machine's addresses, which are refused even when public; those of its interfaces when absent. */
  readonly own?: () => readonly string[]
  /** Longest wait for the headers of an answer; 15 s when absent. */
  readonly headersTimeoutMs?: number
}

const maxRedirects = 5
const maxUrlLength = 8192

/** Opens the way to the outside; `close` ends its connections. No proxy variable of the environment is honoured. */
export function createEgress(options: EgressOptions = {}): Egress & { close(): Promise<void> } {
  const { allow = [], own, headersTimeoutMs = 15_000, ...dial } = options
  const agent = new Agent({
    connect: connector({ check: publicOnly(allow, own), ...dial }),
    allowH2: false,
    // No connection is used twice: each is checked anew, and no request dies on one that the other side just closed.
    pipelining: 0,
    maxHeaderSize: 16_384,
    headersTimeout: headersTimeoutMs,
    bodyTimeout: headersTimeoutMs,
  })
  return {
    request: (call) => follow(agent, call),
    close: () => agent.destroy(),
  }
}

async function follow(agent: Agent, call: OutboundRequest): Promise<OutboundAnswer> {
  const deadlineMs = call.deadlineMs ?? 30_000
  const deadline = AbortSignal.timeout(deadlineMs)
  const signal = AbortSignal.any([call.signal, deadline])
  const redirects: string[] = []
  for (let url = parseTarget(call.url); ; ) {
    const progress: Progress = {}
    try {
      const answer = await once(agent, url, { ...call, signal }, progress)
      const next = answer.redirectedTo
      const followed = call.redirects === 'same-host' && call.method !== 'POST'
      if (next === null || !followed || !sameHost(url, new URL(next))) return { ...answer, redirects }
      if (redirects.push(url.href) > maxRedirects)
        throw new CastellanError('outside_failed', `${url.host} redirected more than ${maxRedirects} times.`)
      url = parseTarget(next)
    } catch (error) {
      call.signal.throwIfAborted()
      throw failureOf(deadline.aborted ? tooSlow(url.host, deadlineMs, error) : error, url.host, progress)
    }
  }
}

async function once(
  agent: Agent,
  url: URL,
  call: OutboundRequest,
  progress: Progress,
): Promise<Omit<OutboundAnswer, 'redirects'>> {
  const answer = await send(url, {
    dispatcher: agent,
    method: call.method,
    headers: { 'user-agent': 'Castellan', 'accept-encoding': acceptedEncodings, ...call.headers },
    body: call.body ?? null,
    signal: call.signal,
  })
  progress.status = answer.statusCode
  const headers = flatten(answer.headers)
  const redirectedTo = redirectTarget(answer.statusCode, headers['location'], url)
  const facts = { status: answer.statusCode, headers, url: url.href, redirectedTo }
  if (redirectedTo !== null) {
    discard(answer.body)
    return { ...facts, body: Buffer.alloc(0) }
  }
  const wire = await collect(answer.body, call.maxBytes ?? 5_000_000, headers['content-length'])
  const maxDecoded = call.maxDecodedBytes ?? 20_000_000
  return { ...facts, body: await decode(wire, headers['content-encoding'] ?? '', maxDecoded, call.signal) }
}

/** Parses a URL that is about to be visited: http or https, no credentials, not absurdly long. */
function parseTarget(text: string): URL {
  if (text.length > maxUrlLength || !URL.canParse(text))
    throw new CastellanError('bad_request', 'That is not a web address.', {
      hint: 'Give an absolute URL that begins with https:// or http://.',
    })
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new CastellanError('bad_request', 'Only http and https addresses can be reached.')
  if (url.username !== '' || url.password !== '')
    throw new CastellanError('bad_request', 'The address holds a user name or password; nothing was sent.', {
      hint: 'Leave out everything before the @.',
    })
  return url
}

/** The same host as the one decided on: same name, same port, and never from https back to http. */
function sameHost(from: URL, to: URL): boolean {
  if (from.hostname !== to.hostname) return false
  if (from.protocol === to.protocol) return portOf(from) === portOf(to)
  return from.protocol === 'http:' && from.port === '' && to.protocol === 'https:' && to.port === ''
}

function redirectTarget(status: number, location: string | undefined, from: URL): string | null {
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return null
  return URL.canParse(location, from.href) ? new URL(location, from.href).href : null
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const flat: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value
  return flat
}

async function collect(
  body: Dispatcher.ResponseData['body'],
  maxBytes: number,
  declared: string | undefined,
): Promise<Buffer> {
  const tooLarge = () => new CastellanError('too_large', `The answer is over ${maxBytes / 1e6} MB.`)
  if (Number(declared) > maxBytes) {
    discard(body)
    throw tooLarge()
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Ends an answer whose body nobody wants, connection included. */
function discard(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => {}).destroy()
}
