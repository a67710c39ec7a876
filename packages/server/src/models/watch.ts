/**
 * Watches one call of a provider: ends it when the caller stops it, when the provider is silent or takes too long, or
 * when it sends more than anyone asked for. Keeps why, because the abort comes back in many disguises.
 */

import { BrokenAnswer } from './broken.ts'

/** Why a call was ended by us. */
export type Ending = 'stopped' | 'silent' | 'late' | 'large'

export interface Limits {
  readonly signal?: AbortSignal
  readonly silenceMs: number
  readonly deadlineMs: number
  /** Bytes of one answer on the wire, envelopes included. */
  readonly maxBytes: number
}

export class Watch {
  readonly limits: Limits
  readonly #controller = new AbortController()
  readonly #silence: NodeJS.Timeout
  readonly #deadline: NodeJS.Timeout
  readonly #stop = () => this.#end('stopped')
  #ending: Ending | null = null

  constructor(limits: Limits) {
    this.limits = limits
    this.#silence = setTimeout(() => this.#end('silent'), limits.silenceMs)
    this.#deadline = setTimeout(() => this.#end('late'), limits.deadlineMs)
    if (limits.signal?.aborted) this.#stop()
    else limits.signal?.addEventListener('abort', this.#stop, { once: true })
  }

  /** Aborts when the call must end. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Why we ended the call; null when we did not. */
  get ending(): Ending | null {
    return this.#ending
  }

  /** To be called last, on every way out; drops the connection if it is still open. */
  close(): void {
    clearTimeout(this.#silence)
    clearTimeout(this.#deadline)
    this.limits.signal?.removeEventListener('abort', this.#stop)
    this.#controller.abort()
  }

  /**
   * A `fetch` under watch. It sends no header that holds nothing (`x-api-key:` without a key), lets no redirect be
   * followed (the SDKs' key headers would survive one), and counts what comes back.
   */
  fetch(inner: typeof fetch): typeof fetch {
    return async (input, init) => {
      const headers = new Headers(init?.headers)
      for (const [name, value] of [...headers]) if (value === '' || value === 'Bearer') headers.delete(name)
      const response = await inner(input, { ...init, headers, redirect: 'manual', signal: this.signal })
      this.#silence.refresh()
      if (response.body === null) return response
      // What a hotel's or a proxy's login page answers, with 200.
      if (response.ok && response.headers.get('content-type')?.startsWith('text/html'))
        throw new BrokenAnswer('answered with a web page instead of a stream')
      const { status, statusText } = response
      return new Response(response.body.pipeThrough(this.#counter()), {
        status,
        statusText,
        headers: response.headers,
      })
    }
  }

  #counter(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
    let bytes = 0
    return new TransformStream({
      transform: (chunk, controller) => {
        bytes += chunk.byteLength
        if (bytes > this.limits.maxBytes) return this.#end('large')
        this.#silence.refresh()
        controller.enqueue(chunk)
      },
    })
  }

  #end(ending: Ending): void {
    this.#ending ??= ending
    this.#controller.abort(new DOMException(`the model call was ended: ${ending}`, 'AbortError'))
  }
}
