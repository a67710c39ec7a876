/**
 * The `fetch` that sign-in by a provider is given. It reaches the provider's own origin, which the owner configured, and
 * other public hosts over TLS, because discovery names endpoints elsewhere; bounded in size and time, following nothing.
 */
import { CastellanError } from '@castellan/contracts'
import { bareHost } from '@castellan/kernel'
import { Agent, fetch as undiciFetch } from 'undici'
import { connector, type Destination, type Resolve } from './dial.ts'
import { only, portOf, publicOnly } from './rules.ts'

export interface SignInFetchOptions {
  /** Longest time from question to the end of the answer; 10 s when absent. */
  readonly deadlineMs?: number
  /** Longest answer; 1 MB when absent. */
  readonly maxBytes?: number
  /** A further certificate authority to trust, PEM. */
  readonly ca?: string
  readonly resolve?: Resolve
}

/** Makes it for the provider at `home`. Rejects with `address_refused`, `too_large`, or as fetch does. */
export function signInFetch(home: string, options: SignInFetchOptions = {}): typeof fetch {
  const { deadlineMs = 10_000, maxBytes = 1_000_000, ...dial } = options
  const dispatcher = new Agent({
    connect: connector({ check: checkFor(new URL(home)), ...dial }),
    allowH2: false,
  })
  return async function signInFetch(input, init) {
    const url = input instanceof Request ? input.url : String(input)
    const deadline = AbortSignal.timeout(deadlineMs)
    const signal = AbortSignal.any([deadline, ...(init?.signal == null ? [] : [init.signal])])
    // Node's global fetch is an older undici with the same interface; its types differ by name only.
    const request = { ...init, signal, dispatcher, redirect: 'manual' } as Parameters<typeof undiciFetch>[1]
    try {
      const answer = await undiciFetch(url, request)
      const body = await collect(answer.body, maxBytes)
      const headers = [...answer.headers].filter(([name]) => name !== 'content-encoding')
      return new Response(bodiless.has(answer.status) ? null : body, { status: answer.status, headers })
    } catch (error) {
      if (error instanceof Error && error.cause instanceof CastellanError) throw error.cause
      throw error
    }
  }
}

const bodiless = new Set([101, 204, 205, 304])

function checkFor(home: URL): (destination: Destination) => void {
  const configured = only(home)
  const outside = publicOnly([])
  return function check(destination) {
    if (destination.host === bareHost(home) && destination.port === portOf(home))
      return configured(destination)
    if (!destination.secure)
      throw new CastellanError(
        'address_refused',
        'The provider named an address without TLS; nothing was sent.',
      )
    return outside(destination)
  }
}

async function collect(
  body: AsyncIterable<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw new CastellanError('too_large', `The answer is over ${maxBytes / 1e6} MB.`)
    chunks.push(chunk)
  }
  return Uint8Array.from(Buffer.concat(chunks))
}
