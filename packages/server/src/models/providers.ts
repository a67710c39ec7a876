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
/** A model that makes vectors of texts. Its `doEmbed` is one HTTP request. */
export type EmbeddingModel = ReturnType<OpenAIProvider['embeddingModel']>

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
  /** Null for a provider that makes no embeddings. */
  readonly openEmbedding: ((endpoint: Endpoint) => Promise<EmbeddingModel>) | null
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
    openEmbedding: null,
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
    async openEmbedding({ baseUrl, model, key, fetch }) {
      const { createOpenAI } = await import('@ai-sdk/openai')
      return createOpenAI({ baseURL: baseUrl, apiKey: key, fetch }).embeddingModel(model)
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
    async openEmbedding({ baseUrl, model, key, fetch }) {
      const { createGoogle } = await import('@ai-sdk/google')
      return createGoogle({ baseURL: baseUrl, apiKey: key, fetch }).embeddingModel(model)
    },
    options: {},
    tool: {},
  },
  'openai-compatible': {
    baseUrl: null,
    needsKey: false,
    open: async (endpoint) => (await openCompatible(endpoint)).chatModel(endpoint.model),
    openEmbedding: async (endpoint) => (await openCompatible(endpoint)).embeddingModel(endpoint.model),
    options: {},
    tool: {},
  },
}

async function openCompatible({ baseUrl, key, fetch }: Endpoint) {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  // Servers that take no schema say so themselves; without this the SDK would drop it in silence.
  const settings = {
    name: 'compatible',
    baseURL: baseUrl,
    fetch,
    includeUsage: true,
    supportsStructuredOutputs: true,
  }
  return createOpenAICompatible({ ...settings, ...(key !== '' && { apiKey: key }) })
}

/** The row of each provider; without a prototype, so that no other name finds anything. */
export const providers: { readonly [P in Provider]: ProviderRow } = Object.freeze(
  Object.assign(Object.create(null), rows),
)

function isOpenAI(baseUrl: string): boolean {
  const { hostname } = new URL(baseUrl)
  return hostname === 'api.openai.com' || hostname.endsWith('.api.openai.com')
}
