/**
 * The OpenAI Chat Completions API as a fake, as spoken by OpenAI and by Ollama, LM Studio and vLLM: what it refuses,
 * its errors, and its chunk stream (https://platform.openai.com/docs/api-reference/chat-streaming).
 */
import {
  argumentPieces,
  type FakeMessage,
  type FakeRequest,
  list,
  pieces,
  Refusal,
  record,
  type Script,
  string,
  turnOf,
  usageOf,
} from './script.ts'

export const openai = {
  matches: (path: string) => path.endsWith('/chat/completions'),
  read,
  errorBody,
  errorEvent: (message: string) => data(errorBody(500, message)),
  badEvent: 'data: {"id":"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG","choices":[{"del\n\n',
  frames,
}

/** The error body of OpenAI's APIs. */
export function errorBody(status: number, message: string, code: string | null = null) {
  const type =
    status === 401 || status === 400 ? 'invalid_request_error' : status === 429 ? 'requests' : 'server_error'
  return { error: { message, type, param: null, code: code ?? (status === 401 ? 'invalid_api_key' : null) } }
}

function read(path: string, headers: Record<string, string>, body: unknown): FakeRequest {
  const { model, messages, tools, stream } = record(body)
  if (string(model) === '') throw new Refusal(400, 'you must provide a model parameter')
  if (stream !== true) throw new Refusal(400, 'this fake only streams')
  const names = list(tools).map((tool) => string(record(record(tool).function).name))
  checkNames(names)
  const raw = list(messages).map(record)
  checkPairs(raw)
  const isSystem = (message: Record<string, unknown>) =>
    message.role === 'system' || message.role === 'developer'
  const read = raw.filter((message) => !isSystem(message)).map(readMessage)
  return {
    protocol: 'openai',
    path,
    headers,
    body,
    model: string(model),
    system: raw.filter(isSystem).map(textOf).join('\n'),
    messages: read,
    tools: names,
    ...turnOf(read),
  }
}

/** Function names are 1–64 of a narrow alphabet; there is no dot in it. */
export function checkNames(names: readonly string[]) {
  for (const [n, name] of names.entries())
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name))
      throw new Refusal(400, `Invalid 'tools[${n}].function.name': string does not match '^[a-zA-Z0-9_-]+$'`)
}

/** Each tool call is answered by tool messages before anything else is said. */
function checkPairs(messages: Record<string, unknown>[]) {
  let open = new Set<string>()
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.delete(string(message.tool_call_id)))
        throw new Refusal(
          400,
          "messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
        )
      continue
    }
    if (open.size > 0)
      throw new Refusal(400, "An assistant message with 'tool_calls' must be followed by tool messages")
    const calls = list(message.tool_calls).map(record)
    open = new Set(calls.map((call) => string(call.id)))
    for (const call of calls)
      if (typeof record(call.function).arguments !== 'string')
        throw new Refusal(
          400,
          "Invalid type for 'messages[1].tool_calls[0].function.arguments': expected a string",
        )
  }
  if (open.size > 0) throw new Refusal(400, "'tool_calls' without tool messages at the end")
}

function textOf({ content }: Record<string, unknown>): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => string(record(part).text))
    .join('\n')
}

function readMessage(message: Record<string, unknown>): FakeMessage {
  const calls = list(message.tool_calls).map((value) => {
    const { id, function: called } = record(value)
    return {
      id: string(id),
      name: string(record(called).name),
      args: JSON.parse(string(record(called).arguments)),
    }
  })
  if (message.role === 'tool')
    return { role: 'tool', callId: string(message.tool_call_id), text: textOf(message), calls: [] }
  return { role: message.role === 'assistant' ? 'assistant' : 'user', text: textOf(message), calls }
}

function frames(script: Script, request: FakeRequest): string[] {
  const withUsage = record(record(request.body).stream_options).include_usage === true
  const base = {
    id: 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG',
    object: 'chat.completion.chunk',
    created: 1_741_570_283,
    model: request.model,
    service_tier: 'default',
    system_fingerprint: 'fp_44709d6fcb',
  }
  const chunk = (delta: unknown, finish: string | null = null) =>
    data({
      ...base,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(withUsage && { usage: null }),
    })
  const out = [chunk({ role: 'assistant', content: '', refusal: null })]
  if (script.thinking !== undefined) out.push(chunk({ reasoning_content: script.thinking }))
  for (const piece of pieces(script)) out.push(chunk({ content: piece }))
  for (const [index, call] of (script.toolCalls ?? []).entries()) {
    const id = call.id ?? `call_${request.step}_${index}`
    const opening = { index, id, type: 'function', function: { name: call.name, arguments: '' } }
    out.push(chunk({ tool_calls: [opening] }))
    for (const part of argumentPieces(call))
      out.push(chunk({ tool_calls: [{ index, function: { arguments: part } }] }))
  }
  out.push(chunk({}, finishReason(script)))
  if (withUsage) {
    const { input, output } = usageOf(script, request)
    const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
    out.push(data({ ...base, choices: [], usage }))
  }
  out.push('data: [DONE]\n\n')
  return out
}

function finishReason(script: Script): string {
  if (script.finish === 'length') return 'length'
  if (script.finish === 'filtered') return 'content_filter'
  return script.toolCalls === undefined ? 'stop' : 'tool_calls'
}

function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}
