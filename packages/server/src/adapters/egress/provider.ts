/**
 * The `fetch` that model providers are given: it reaches the base URL the owner configured and nothing else, follows no
 * redirect (the key travels in a header), honours no proxy variable and speaks TLS 1.2 or later.
 */
import { CastellanError } from '@castellan/contracts'
import { Agent, fetch as undiciFetch } from 'undici'
import { connector, type Resolve } from './dial.ts'
import { only } from './rules.ts'

export interface ProviderFetchOptions {
  /** Longest wait for the answer's headers; 5 min when absent. Callers set their own, shorter deadline by signal. */
  readonly headersTimeoutMs?: number
  /** Longest silence within a streamed answer; 5 min when absent. */
  readonly silenceMs?: number
  /** A further certificate authority to trust, PEM. */
  readonly ca?: string
  readonly resolve?: Resolve
}

/**
 * Makes the `fetch` of one model endpoint, with its own connections: make it once per endpoint. Requests to another origin
 * reject with `address_refused`; network failures reject as fetch's do (`TypeError` with a cause).
 */
export function providerFetch(baseUrl: string, options: ProviderFetchOptions = {}): typeof fetch {
  const base = new URL(baseUrl)
  if (base.protocol !== 'https:' && base.protocol !== 'http:')
    throw new CastellanError('bad_request', 'The base URL must begin with https:// or http://.')
  const dispatcher = new Agent({
    connect: connector({ check: only(base), ...options }),
    allowH2: false,
    headersTimeout: options.headersTimeoutMs ?? 300_000,
    bodyTimeout: options.silenceMs ?? 300_000,
  })
  const bound: typeof undiciFetch = async function providerFetch(input, init) {
    const url = new URL(typeof input === 'string' || input instanceof URL ? input : input.url)
    if (url.origin !== base.origin)
      throw new CastellanError('address_refused', `Only ${base.origin} is configured; nothing was sent.`, {
        hint: 'Change the base URL of the model if it has moved.',
      })
    try {
      return await undiciFetch(input, { ...init, dispatcher, redirect: 'error' })
    } catch (error) {
      if (error instanceof Error && error.cause instanceof CastellanError) throw error.cause
      throw error
    }
  }
  // Node's global fetch is an older undici with the same interface; its Request and Response types differ by name only.
  return bound as unknown as typeof fetch
}
