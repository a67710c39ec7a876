/** Answers in the form of OpenAI's API: pure, given what was said and what it cost. */
import { type CastellanError, errorCodes } from '@castellan/contracts'
import type { Vectors } from '../models/index.ts'
import type { Spent } from './skill.ts'

/** What every piece of one answer carries. */
export interface Heading {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  /** Our name of the model that answers. */
  readonly model: string
}

const endings: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  length: 'length',
  filtered: 'content_filter',
})
const endingOf = (finish: string) => endings[finish] ?? 'stop'

function usageOf({ usage: { input_tokens, output_tokens } }: Spent) {
  return {
    prompt_tokens: input_tokens,
    completion_tokens: output_tokens,
    total_tokens: input_tokens + output_tokens,
  }
}

/** The whole answer at once. */
export function completion(heading: Heading, text: string, spent: Spent) {
  const message = { role: 'assistant', content: text, refusal: null }
  return {
    ...heading,
    object: 'chat.completion',
    choices: [{ index: 0, message, logprobs: null, finish_reason: endingOf(spent.finish) }],
    usage: usageOf(spent),
  }
}

/** The pieces of a streamed answer, as Server-Sent Events. */
export function chunks(heading: Heading, includeUsage: boolean) {
  const chunk = (choices: object[], usage?: object) =>
    event({
      ...heading,
      object: 'chat.completion.chunk',
      choices,
      ...(includeUsage ? { usage: usage ?? null } : {}),
    })
  const piece = (delta: object, finish: string | null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finish }])
  return {
    first: () => piece({ role: 'assistant', content: '', refusal: null }, null),
    text: (text: string) => piece({ content: text }, null),
    last: (spent: Spent) =>
      piece({}, endingOf(spent.finish)) +
      (includeUsage ? chunk([], usageOf(spent)) : '') +
      'data: [DONE]\n\n',
    failure: (error: CastellanError) => event(errorBody(error)),
  }
}

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`

/** Vectors as numbers, or as OpenAI's own clients ask for them: little-endian 32-bit floats in base64. */
export function embeddings(model: string, vectors: Vectors['vectors'], base64: boolean, spent: Spent) {
  const { input_tokens: tokens } = spent.usage
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: base64 ? floatsInBase64(vector) : vector,
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  }
}

function floatsInBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, each] of vector.entries()) bytes.writeFloatLE(each, index * 4)
  return bytes.toString('base64')
}

/** One model as the API lists it. */
export function modelEntry({ id, createdAt }: { readonly id: string; readonly createdAt: Date }) {
  return { id, object: 'model', created: Math.floor(createdAt.getTime() / 1000), owned_by: 'castellan' }
}

/** A failure as OpenAI's clients read it; `code` is ours. */
export function errorBody({
  code,
  message,
  hint,
}: Pick<CastellanError, 'code' | 'message'> & { readonly hint?: string | undefined }) {
  const text = hint === undefined ? message : `${message} (${hint})`
  return { error: { message: text, type: typeOf(errorCodes[code].http), param: null, code } }
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  if (status === 429) return 'rate_limit_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}
