/**
 * The providers, one row each. A provider's package is loaded on its first use, so that an instance pays in memory only
 * for what it talks to. The packages read keys and addresses from the process environment when they are given none:
 * here they are always given both.
 */
import type { OpenAIProvider } from '@ai-sdk/openai'
import type { Provider } from '@castellan/contracts'

/** A language model of the AI SDK. Its `doStream` is one HTTP request: no retries, no loop, no telemetry. */
export type LanguageModel = ReturnType<OpenAIProvider['chat']>
export type CallOptions = Parameters<LanguageModel['doStream']>[0]

export interface Endpoint {
  readonly baseUrl: string
  readonly model: string
  /** Empty when there is none. */
  readonly key: string
  readonly fetch: typeof fetch
}

export interface ProviderRow {
  /** Null: the owner must say where it is. */
  readonly baseUrl: string | null
  /** Whether the provider's own endpoint turns away those without a key. */
  readonly needsKey: boolean
  open(endpoint: Endpoint): Promise<LanguageModel>
  /** What every call of this provider carries besides the prompt. */
  readonly options: Pick<CallOptions, 'providerOptions'>
  /** Set on every tool. */
  readonly tool: { readonly strict?: boolean }
}

const rows: { readonly [P in Provider]: ProviderRow } = {
  anthropic: {
    baseUrl: 'https://api.anthropic.com/v1',
    needsKey: true,
    async open({ baseUrl, model, key, fetch }) {
      const { createAnthropic } = await import('@ai-sdk/anthropic')
      return createAnthropic({ baseURL: baseUrl, apiKey: key, fetch }).messages(model)
    },
    options: {},
    tool: {},
  },
  openai: {
    baseUrl: 'https://api.openai.com/v1',
    needsKey: true,
    async open({ baseUrl, model, key, fetch }) {
      const { createOpenAI } = await import('@ai-sdk/openai')
      const openai = createOpenAI({ baseURL: baseUrl, apiKey: key, fetch })
      // OpenAI's newer models take tools over the Responses API only; whoever imitates OpenAI speaks Chat Completions.
      return isOpenAI(baseUrl) ? openai.responses(model) : openai.chat(model)
    },
    // Responses are kept for 30 days unless one says otherwise, and schemas are rewritten to make every argument required.
    options: { providerOptions: { openai: { store: false } } },
    tool: { strict: false },
  },
  google: {
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    needsKey: true,
    async open({ baseUrl, model, key, fetch }) {
      const { createGoogle } = await import('@ai-sdk/google')
      return createGoogle({ baseURL: baseUrl, apiKey: key, fetch }).chat(model)
    },
    options: {},
    tool: {},
  },
  'openai-compatible': {
    baseUrl: null,
    needsKey: false,
    async open({ baseUrl, model, key, fetch }) {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
      const settings = { name: 'compatible', baseURL: baseUrl, fetch, includeUsage: true }
      return createOpenAICompatible({ ...settings, ...(key !== '' && { apiKey: key }) }).chatModel(model)
    },
    options: {},
    tool: {},
  },
}

/** The row of each provider; without a prototype, so that no other name finds anything. */
export const providers: { readonly [P in Provider]: ProviderRow } = Object.freeze(
  Object.assign(Object.create(null), rows),
)

function isOpenAI(baseUrl: string): boolean {
  const { hostname } = new URL(baseUrl)
  return hostname === 'api.openai.com' || hostname.endsWith('.api.openai.com')
}
