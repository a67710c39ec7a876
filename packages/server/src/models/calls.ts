/** Calls of models with their keys: a key is lent by the vault for one call, and is gone when that call has ended. */
import { CastellanError, type ModelTest, type Tier } from '@castellan/contracts'
import type { Tenant } from '../database/index.ts'
import { embedTexts } from './embed.ts'
import { type Connection, streamAnswer } from './generate.ts'
import type { Answer, Model, Prompt, ProviderFetch, Secrets, Texts, Vectors } from './types.ts'

/** What a call needs to know of a model. */
export type Callee = Pick<Model, 'name' | 'provider' | 'baseUrl' | 'model'>

export interface Calls {
  /** Asks a stored model with its key from the vault. Rejects as `streamAnswer` does, or with `secret_unreadable`. */
  ask(tenant: Tenant, model: Callee, prompt: Prompt): Promise<Answer>
  /** Has a stored model make vectors, with its key from the vault. Rejects as `embedTexts` does. */
  embed(tenant: Tenant, model: Callee, texts: Texts): Promise<Vectors>
  /** Asks a model that is not stored, with this key. */
  askWith(key: string, model: Callee, prompt: Prompt): Promise<Answer>
  embedWith(key: string, model: Callee, texts: Texts): Promise<Vectors>
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
  function connect(key: string, model: Callee): Connection {
    return { model, key, fetch: fetchFor(model.baseUrl) }
  }
  async function withKey<T>(tenant: Tenant, model: Callee, use: (at: Connection) => Promise<T>): Promise<T> {
    let lent = false
    try {
      return await secrets.spend(tenant, keyName(model.name), (key) => {
        lent = true
        return use(connect(key, model))
      })
    } catch (error) {
      // Asking first whether there is a key would be one more query for every call.
      const isKeyless = !lent && error instanceof CastellanError && error.code === 'not_found'
      if (!isKeyless) throw error
    }
    return use(connect('', model))
  }
  return {
    ask: (tenant, model, prompt) => withKey(tenant, model, (at) => streamAnswer(at, prompt)),
    embed: (tenant, model, texts) => withKey(tenant, model, (at) => embedTexts(at, texts)),
    askWith: (key, model, prompt) => streamAnswer(connect(key, model), prompt),
    embedWith: (key, model, texts) => embedTexts(connect(key, model), texts),
  }
}

/** How a model that is tried is reached. */
export interface Trial {
  ask(prompt: Prompt): Promise<Answer>
  embed(texts: Texts): Promise<Vectors>
}

/** One short exchange that shows whether a model answers. Failures are part of the result. */
export async function tryOut({ ask, embed }: Trial, tier: Tier): Promise<ModelTest> {
  const start = performance.now()
  const since = () => Math.round(performance.now() - start)
  try {
    const reply = tier === 'embedding' ? await sayVector(embed) : await sayHello(ask)
    if (reply !== '') return { ok: true, reply, latency_ms: since(), error: null, hint: null }
    const hint = 'It answers, but with no text; try another model id.'
    return { ok: false, reply: null, latency_ms: since(), error: 'The model answered with nothing.', hint }
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error
    return { ok: false, reply: null, latency_ms: since(), error: error.message, hint: error.hint ?? null }
  }
}

async function sayHello(ask: Trial['ask']): Promise<string> {
  const messages = [{ role: 'user' as const, text: 'Reply with only: OK' }]
  const answer = await ask({ system: '', messages, tools: [], timeoutMs: 60_000, maxOutputTokens: 1024 })
  return answer.text.trim().slice(0, 500)
}

async function sayVector(embed: Trial['embed']): Promise<string> {
  const { vectors } = await embed({ values: ['OK'], timeoutMs: 60_000 })
  return `a vector of ${vectors[0]?.length ?? 0} numbers`
}
