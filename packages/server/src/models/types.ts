/**
 * The words of this capability: a configured model, what it is asked and what it answers, and the two ports it needs.
 * Nothing of the AI SDK may appear here; the agent and the store know only these types.
 */
import type { Json, Provider, Tier } from '@castellan/contracts'
import type { Tenant } from '../database/index.ts'

/** A model the owner has configured. Its key is the vault's secret `model/NAME`, never part of this. */
export interface Model {
  readonly name: string
  readonly provider: Provider
  /** Without a slash at the end. */
  readonly baseUrl: string
  /** What the provider calls it, e.g. `llama3.2:3b`. */
  readonly model: string
  readonly tier: Tier
  readonly enabled: boolean
  /** The endpoint is on this machine, so that private data may go to it. */
  readonly local: boolean
  readonly createdAt: Date
}

/** A skill as it is offered to a model. */
export interface Tool {
  /** Our name, with its dot. */
  readonly name: string
  readonly description: string
  /** JSON Schema of an object. */
  readonly schema: { readonly [key: string]: Json }
}

/** A call that a model wants to make. Nothing of it has been checked. */
export interface ToolCall {
  /** Unique within its answer; pairs the call with its result. */
  readonly id: string
  /** Our name where the model kept to the offered ones. */
  readonly name: string
  readonly args: Json
  /** Why `args` is not what the model meant (it is then the raw text), in words to be told to the model. */
  readonly problem?: string
  /** What the provider wants back with this call, unread. To be stored and passed on as it is. */
  readonly opaque?: Json
}

/** One message of a prompt. Each call of an assistant message is answered by a tool message before the next one. */
export type PromptMessage =
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly toolCalls: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly callId: string; readonly name: string; readonly text: string }

export interface Prompt {
  readonly system: string
  readonly messages: readonly PromptMessage[]
  readonly tools: readonly Tool[]
  /** The stop button; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal
  readonly maxOutputTokens?: number
  /** How the words are drawn; the provider's own way where absent. */
  readonly sampling?: Sampling
  /** The answer is to be JSON, by this schema where one is given. Refused where the provider cannot promise it. */
  readonly format?: Format
  /** Longest silence of the provider; 2 min when absent. */
  readonly timeoutMs?: number
  /** Longest answer; 10 min when absent. */
  readonly deadlineMs?: number
  /** Hears the text as it comes. */
  onText?(delta: string): void
}

/** How a model draws its words, in the meanings of OpenAI's API. */
export interface Sampling {
  readonly temperature?: number
  readonly topP?: number
  readonly presencePenalty?: number
  readonly frequencyPenalty?: number
  readonly seed?: number
  readonly stopSequences?: string[]
}

export interface Format {
  readonly name?: string
  readonly description?: string
  /** JSON Schema. */
  readonly schema?: { readonly [key: string]: Json }
}

/** Texts of which vectors are made. */
export interface Texts {
  readonly values: readonly string[]
  /** Of each vector; the model's own when absent. */
  readonly dimensions?: number
  readonly signal?: AbortSignal
  /** Longest silence of the provider; 2 min when absent. */
  readonly timeoutMs?: number
}

export interface Vectors {
  /** One for each text, in their order. */
  readonly vectors: readonly (readonly number[])[]
  /** As the provider counts; estimated from lengths where it does not. */
  readonly tokens: number
}

export interface Answer {
  readonly text: string
  readonly toolCalls: readonly ToolCall[]
  /** As the provider counts; estimated from lengths where it does not. */
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number }
  readonly finish: 'stop' | 'tool_calls' | 'length' | 'filtered' | 'other'
}

/** Port: the vault, as far as models need it. */
export interface Secrets {
  has(tenant: Tenant, name: string): Promise<boolean>
  set(tenant: Tenant, name: string, kind: 'api-key', value: string): Promise<unknown>
  unset(tenant: Tenant, name: string): Promise<unknown>
  /** Lends the value to `use`, which must not keep it. Rejects with `not_found` when there is none. */
  spend<T>(tenant: Tenant, name: string, use: (value: string) => Promise<T>): Promise<T>
}

/** Port: a `fetch` that reaches one endpoint and nothing else, and follows no redirect. */
export type ProviderFetch = (baseUrl: string) => typeof fetch
