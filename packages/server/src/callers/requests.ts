/**
 * Requests of OpenAI's API, as much of it as is served here. What changes nothing about an answer is accepted and left
 * alone; what would change it and cannot be served is refused by name, as is everything unknown: a program that asked for
 * a tool must not take an answer without it for the whole.
 */
import type { Json } from '@castellan/contracts'
import * as z from 'zod'
import type { Prompt, PromptMessage, Texts } from '../models/index.ts'

const noTools = 'is not served here: models asked over /v1 have no tools and no skills'
const textOnly = 'must be a text or a list of text parts; pictures, sound and files are not served here'

const Part = z.strictObject({ type: z.literal('text'), text: z.string() })
const Content = z.union([z.string(), z.array(Part).min(1).max(1_000)], textOnly)
const ignored = z.unknown().optional()
const none = z.array(z.unknown()).max(0, noTools).nullish()

const Message = z.discriminatedUnion(
  'role',
  [
    z.strictObject({ role: z.enum(['system', 'developer']), content: Content, name: z.string().optional() }),
    z.strictObject({ role: z.literal('user'), content: Content, name: z.string().optional() }),
    // Programs hand an earlier answer back as they got it, with all that was empty in it.
    z.object({
      role: z.literal('assistant'),
      content: Content.nullish(),
      tool_calls: none,
      function_call: z.null(noTools).optional(),
      audio: z.null(textOnly).optional(),
    }),
  ],
  'must be of role system, developer, user or assistant; there are no tools here',
)

const Schema = z.record(z.string(), z.json())
const ResponseFormat = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('text') }),
    z.strictObject({ type: z.literal('json_object') }),
    z.strictObject({
      type: z.literal('json_schema'),
      json_schema: z.strictObject({
        name: z.string().max(64),
        description: z.string().max(4_000).optional(),
        schema: Schema.optional(),
        strict: z.boolean().nullish(),
      }),
    }),
  ],
  'must be of type text, json_object or json_schema',
)

const limit = z.int().min(1).max(200_000).nullish()

/** POST /v1/chat/completions. */
export const ChatRequest = z.strictObject({
  model: z.string().min(1).max(200),
  messages: z.array(Message).min(1).max(2_000),
  max_tokens: limit,
  max_completion_tokens: limit,
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  seed: z.int().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)], 'must be one to four texts').nullish(),
  response_format: ResponseFormat.nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: ignored })
    .nullish(),
  n: z.literal(1, 'must be 1: one answer is made').nullish(),
  logprobs: z.literal(false, 'is not served here').nullish(),
  modalities: z.tuple([z.literal('text')], textOnly).nullish(),
  tools: none,
  functions: none,
  tool_choice: z.enum(['none', 'auto'], noTools).nullish(),
  function_call: z.enum(['none', 'auto'], noTools).nullish(),
  user: ignored,
  metadata: ignored,
  store: ignored,
  service_tier: ignored,
  safety_identifier: ignored,
  prompt_cache_key: ignored,
  parallel_tool_calls: ignored,
})
export type ChatRequest = z.infer<typeof ChatRequest>

/** POST /v1/embeddings. */
export const EmbeddingsRequest = z.strictObject({
  model: z.string().min(1).max(200),
  input: z.union(
    [z.string().min(1), z.array(z.string().min(1)).min(1).max(2_048)],
    'must be a text or a list of at most 2,048 texts, none empty; lists of token numbers are not served here',
  ),
  dimensions: z.int().min(1).max(16_384).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  user: ignored,
})
export type EmbeddingsRequest = z.infer<typeof EmbeddingsRequest>

/** Tokens an answer may have where the program names no number. */
const defaultOutputTokens = 8_192

/** What is asked of the model. Providers take instructions at the front only, so all of them stand there, in their order. */
export function promptOf(request: ChatRequest): Prompt & { readonly maxOutputTokens: number } {
  const { messages, response_format: wanted } = request
  const isInstruction = (role: string) => role === 'system' || role === 'developer'
  const instructions = messages.filter(({ role }) => isInstruction(role))
  return {
    system: instructions.map(({ content }) => textIn(content)).join('\n\n'),
    messages: messages.filter(({ role }) => !isInstruction(role)).map(lineOf),
    tools: [],
    maxOutputTokens: request.max_completion_tokens ?? request.max_tokens ?? defaultOutputTokens,
    sampling: samplingOf(request),
    ...(wanted == null || wanted.type === 'text' ? {} : { format: formatOf(wanted) }),
  }
}

function lineOf({ role, content }: ChatRequest['messages'][number]): PromptMessage {
  const text = textIn(content)
  return role === 'assistant' ? { role, text, toolCalls: [] } : { role: 'user', text }
}

function textIn(content: string | readonly { readonly text: string }[] | null | undefined): string {
  return typeof content === 'string' ? content : (content ?? []).map(({ text }) => text).join('')
}

function samplingOf(request: ChatRequest): NonNullable<Prompt['sampling']> {
  const { temperature, top_p, presence_penalty, frequency_penalty, seed, stop } = request
  return {
    ...(temperature != null && { temperature }),
    ...(top_p != null && { topP: top_p }),
    ...(presence_penalty != null && { presencePenalty: presence_penalty }),
    ...(frequency_penalty != null && { frequencyPenalty: frequency_penalty }),
    ...(seed != null && { seed }),
    ...(stop != null && { stopSequences: typeof stop === 'string' ? [stop] : stop }),
  }
}

function formatOf(wanted: NonNullable<ChatRequest['response_format']>): NonNullable<Prompt['format']> {
  if (wanted.type !== 'json_schema') return {}
  const { name, description, schema } = wanted.json_schema
  return {
    name,
    ...(description !== undefined && { description }),
    ...(schema !== undefined && { schema: schema as { [key: string]: Json } }),
  }
}

/** The texts of a request. */
export function textsOf({ input, dimensions }: EmbeddingsRequest): Texts {
  return {
    values: typeof input === 'string' ? [input] : input,
    ...(dimensions != null && { dimensions }),
  }
}
