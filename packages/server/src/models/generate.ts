/**
 * One call of a model: a prompt goes out, the answer streams back. It is the provider's `doStream` and nothing around it
 * (half a millisecond over a bare fetch; `streamText` costs twice that and 7 MB): the durable loop retries, the gate
 * runs skills, and a failure is always a `CastellanError` that holds neither the key nor the prompt.
 */
import { CastellanError } from '@castellan/contracts'
import { readArguments, storable } from './arguments.ts'
import { BrokenAnswer } from './broken.ts'
import { failureOf } from './failure.ts'
import { sdkPrompt, sdkTools, type ToolNames, toolNames } from './prompt.ts'
import { type CallOptions, type LanguageModel, providers } from './providers.ts'
import type { Answer, Format, Model, Prompt, ToolCall } from './types.ts'
import { Watch } from './watch.ts'

type StreamPart =
  Awaited<ReturnType<LanguageModel['doStream']>>['stream'] extends ReadableStream<infer Part> ? Part : never
type Finish = Extract<StreamPart, { type: 'finish' }>
type StreamStart = Extract<StreamPart, { type: 'stream-start' }>
type Called = Extract<StreamPart, { type: 'tool-call' }>

/** More text than any model writes in one answer; a provider that sends more is not answering. */
const maxCharacters = 4_000_000
const maxCalls = 128
const maxName = 200
/** 128,000 tokens in OpenAI's envelopes are 40 MB. */
const maxBytes = 64 * 1024 * 1024

export interface Connection {
  readonly model: Pick<Model, 'name' | 'provider' | 'baseUrl' | 'model'>
  /** Empty when there is none. */
  readonly key: string
  readonly fetch: typeof fetch
}

/**
 * Asks a model once and collects its answer, handing text to `onText` as it comes. Rejects with `model_rate_limited`
 * (`details.retryAfterMs` when the provider says), `model_timeout` or `model_failed` (`details.retryable`), with the
 * signal's reason when the caller stops it, and with what `onText` throws.
 */
export async function streamAnswer({ model, key, fetch }: Connection, prompt: Prompt): Promise<Answer> {
  const limits = {
    silenceMs: prompt.timeoutMs ?? 120_000,
    deadlineMs: prompt.deadlineMs ?? 600_000,
    maxBytes,
  }
  const row = providers[model.provider]
  const names = toolNames(prompt.tools.map((tool) => tool.name))
  const tools = sdkTools(prompt.tools, names, row)
  const options = { ...row.options, prompt: sdkPrompt(prompt, names), ...(tools.length > 0 && { tools }) }
  const watch = new Watch({ ...limits, ...(prompt.signal && { signal: prompt.signal }) })
  const collector = new Collector(names, prompt)
  try {
    const endpoint = { baseUrl: model.baseUrl, model: model.model, key, fetch: watch.fetch(fetch) }
    const opened = await row.open(endpoint)
    const { maxOutputTokens } = prompt
    const { stream } = await opened.doStream({
      ...options,
      ...(maxOutputTokens !== undefined && { maxOutputTokens }),
      ...prompt.sampling,
      ...(prompt.format !== undefined && { responseFormat: { type: 'json', ...schemaOf(prompt.format) } }),
      abortSignal: watch.signal,
    })
    for await (const part of stream) collector.take(part)
    return collector.answer()
  } catch (error) {
    if (watch.ending === 'stopped') throw prompt.signal?.reason ?? error
    if (error instanceof ListenerError) throw error.cause
    throw failureOf(error, { ...model, key, ending: watch.ending, limits })
  } finally {
    watch.close()
  }
}

/** `onText` threw: the caller's own failure, to be handed back as it is. */
class ListenerError extends Error {}

/** Puts an answer together from the parts of its stream. */
class Collector {
  readonly #names: ToolNames
  readonly #prompt: Prompt
  readonly #calls: ToolCall[] = []
  #text = ''
  /** The first half of a surrogate pair that the provider cut in two. */
  #half = ''
  #finish: Finish | null = null

  constructor(names: ToolNames, prompt: Prompt) {
    this.#names = names
    this.#prompt = prompt
  }

  take(part: StreamPart): void {
    if (part.type === 'text-delta') this.#say(part.delta)
    else if (part.type === 'tool-call' && part.providerExecuted !== true) this.#calls.push(this.#call(part))
    else if (part.type === 'finish') this.#finish = part
    else if (part.type === 'stream-start') this.#heed(part.warnings)
    // The SDKs read on after an unreadable event; half an answer must not pass for a whole one.
    else if (part.type === 'error') throw part.error
  }

  /** A form that was asked for and is not to be had is no detail. */
  #heed(warnings: StreamStart['warnings']): void {
    const isOnForm = warnings.some((each) => each.type === 'unsupported' && each.feature === 'responseFormat')
    if (this.#prompt.format === undefined || !isOnForm) return
    throw new CastellanError('bad_request', 'This model cannot be held to that form of an answer.', {
      hint: 'Ask for json_schema instead of json_object, or ask another model.',
    })
  }

  answer(): Answer {
    const { unified } = this.#finish?.finishReason ?? { unified: 'interrupted' }
    if (this.#finish === null || unified === 'interrupted')
      throw new BrokenAnswer('stopped in the middle of its answer')
    if (unified === 'error') throw new BrokenAnswer('ended its answer with an error')
    this.#say('', true)
    return {
      text: this.#text,
      toolCalls: this.#calls,
      usage: this.#usage(this.#finish),
      finish: finishOf(unified, this.#calls.length > 0),
    }
  }

  #say(delta: string, last = false): void {
    const whole = this.#half + delta
    this.#half = !last && /[\ud800-\udbff]$/.test(whole) ? whole.slice(-1) : ''
    const text = storable(this.#half === '' ? whole : whole.slice(0, -1))
    if (text === '') return
    this.#text += text
    this.#limit(this.#text.length)
    try {
      this.#prompt.onText?.(text)
    } catch (cause) {
      throw new ListenerError('onText failed', { cause })
    }
  }

  #call({ toolCallId, toolName, input, providerMetadata }: Called): ToolCall {
    this.#limit(this.#text.length + input.length)
    if (this.#calls.length === maxCalls) throw flooded(`called more than ${maxCalls} tools at once`)
    const taken = this.#calls.some((call) => call.id === toolCallId)
    const opaque = readArguments(JSON.stringify(providerMetadata ?? {}))
    return {
      id:
        taken || toolCallId === ''
          ? `call-${this.#calls.length + 1}`
          : storable(toolCallId).slice(0, maxName),
      name: storable(this.#names.fromWire(toolName)).slice(0, maxName),
      ...readArguments(input),
      ...(providerMetadata !== undefined && opaque.problem === undefined && { opaque: opaque.args }),
    }
  }

  #limit(characters: number): void {
    if (characters > maxCharacters) throw flooded(`wrote more than ${maxCharacters} characters`)
  }

  #usage({ usage }: Finish): Answer['usage'] {
    const { system, messages, tools } = this.#prompt
    // A provider that does not count must not be free of the budget.
    return {
      input_tokens: count(usage.inputTokens.total) ?? estimate([system, messages, tools]),
      output_tokens: count(usage.outputTokens.total) ?? estimate([this.#text, this.#calls]),
    }
  }
}

function count(value: number | undefined): number | null {
  return value !== undefined && Number.isSafeInteger(value) && value > 0 ? value : null
}

type ResponseFormat = Extract<NonNullable<CallOptions['responseFormat']>, { type: 'json' }>

function schemaOf({ schema, ...named }: Format): Omit<ResponseFormat, 'type'> {
  return { ...named, ...(schema !== undefined && { schema: schema as ResponseFormat['schema'] }) }
}

/** Tokens, by the rule of thumb of four characters each. */
export function estimate(said: unknown): number {
  return Math.ceil(JSON.stringify(said).length / 4)
}

function flooded(what: string): CastellanError {
  return new CastellanError('model_failed', `The model ${what}; the call was ended.`, {
    details: { retryable: false },
  })
}

function finishOf(unified: Finish['finishReason']['unified'], hasCalls: boolean): Answer['finish'] {
  if (unified === 'content-filter') return 'filtered'
  if (unified === 'length') return 'length'
  // Several servers say `stop` when the model called tools.
  if (hasCalls) return 'tool_calls'
  return unified === 'stop' ? 'stop' : 'other'
}
