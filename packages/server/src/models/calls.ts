/** Calls of models with their keys: a key is lent by the vault for one call, and is gone when that call has ended. */
import { CastellanError, type ModelTest } from '@castellan/contracts'
import type { Tenant } from '../database/index.ts'
import { streamAnswer } from './generate.ts'
import type { Answer, Model, Prompt, ProviderFetch, Secrets } from './types.ts'

/** What a call needs to know of a model. */
export type Callee = Pick<Model, 'name' | 'provider' | 'baseUrl' | 'model'>

export interface Calls {
  /** Asks a stored model with its key from the vault. Rejects as `streamAnswer` does, or with `secret_unreadable`. */
  ask(tenant: Tenant, model: Callee, prompt: Prompt): Promise<Answer>
  /** Asks a model that is not stored, with this key. */
  askWith(key: string, model: Callee, prompt: Prompt): Promise<Answer>
}

/** The name of a model's key in the vault. */
export function keyName(model: string): string {
  return `model/${model}`
}

/** Endpoints whose connections are kept; more than these are rare, and are merely opened anew. */
const maxEndpoints = 16

/** Makes the calls of models possible, given the vault and the way out. */
export function createCalls(secrets: Secrets, providerFetch: ProviderFetch): Calls {
  const fetches = new Map<string, typeof fetch>()
  function fetchFor(baseUrl: string): typeof fetch {
    const known = fetches.get(baseUrl) ?? providerFetch(baseUrl)
    fetches.delete(baseUrl)
    fetches.set(baseUrl, known)
    for (const [oldest] of fetches) if (fetches.size > maxEndpoints) fetches.delete(oldest)
    return known
  }
  function askWith(key: string, model: Callee, prompt: Prompt): Promise<Answer> {
    return streamAnswer({ model, key, fetch: fetchFor(model.baseUrl) }, prompt)
  }
  return {
    askWith,
    async ask(tenant, model, prompt) {
      let lent = false
      try {
        return await secrets.spend(tenant, keyName(model.name), (key) => {
          lent = true
          return askWith(key, model, prompt)
        })
      } catch (error) {
        // Asking first whether there is a key would be one more query for every call.
        const isKeyless = !lent && error instanceof CastellanError && error.code === 'not_found'
        if (!isKeyless) throw error
      }
      return askWith('', model, prompt)
    },
  }
}

/** One short exchange that shows whether a model answers; `ask` makes the call. Failures are part of the result. */
export async function tryOut(ask: (prompt: Prompt) => Promise<Answer>): Promise<ModelTest> {
  const start = performance.now()
  const since = () => Math.round(performance.now() - start)
  const messages = [{ role: 'user' as const, text: 'Reply with only: OK' }]
  try {
    const answer = await ask({ system: '', messages, tools: [], timeoutMs: 60_000, maxOutputTokens: 1024 })
    const reply = answer.text.trim().slice(0, 500)
    if (reply !== '') return { ok: true, reply, latency_ms: since(), error: null, hint: null }
    const hint = 'It answers, but with no text; try another model id.'
    return { ok: false, reply: null, latency_ms: since(), error: 'The model answered with nothing.', hint }
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error
    return { ok: false, reply: null, latency_ms: since(), error: error.message, hint: error.hint ?? null }
  }
}
