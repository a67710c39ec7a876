/**
 * The Anthropic Messages API as a fake: what it refuses, its errors, and its event stream
 * (https://docs.anthropic.com/en/api/messages-streaming).
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

const errorTypes: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
}

export const anthropic = {
  matches: (path: string) => path.endsWith('/messages'),
  read,
  errorBody(status: number, message: string) {
    const type = errorTypes[status] ?? 'api_error'
    return { type: 'error', error: { type, message }, request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy' }
  },
  errorEvent: (message: string) =>
    event('error', { type: 'error', error: { type: 'overloaded_error', message } }),
  badEvent: 'event: content_block_delta\ndata: {"type":"content_block_del\n\n',
  frames,
}

function read(path: string, headers: Record<string, string>, body: unknown): FakeRequest {
  const { model, system, messages, tools, max_tokens: maxTokens, stream } = record(body)
  if (headers['anthropic-version'] === undefined)
    throw new Refusal(400, 'anthropic-version: header is required')
  if (!headers['x-api-key'] && !headers['authorization'])
    throw new Refusal(401, 'x-api-key header is required')
  if (typeof maxTokens !== 'number' || maxTokens < 1) throw new Refusal(400, 'max_tokens: Field required')
  if (stream !== true) throw new Refusal(400, 'stream: this fake only streams')
  for (const tool of list(tools)) checkTool(record(tool))
  const read = list(messages).flatMap(readMessage)
  checkPairs(list(messages).map(record))
  return {
    protocol: 'anthropic',
    path,
    headers,
    body,
    model: string(model),
    system: typeof system === 'string' ? system : textOf(list(system)),
    messages: read,
    tools: list(tools).map((tool) => string(record(tool).name)),
    ...turnOf(read),
  }
}

function checkTool(tool: Record<string, unknown>) {
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(string(tool.name)))
    throw new Refusal(400, `tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`)
  if (record(tool.input_schema).type !== 'object')
    throw new Refusal(400, 'tools.0.custom.input_schema.type: Field required')
}

/** Roles alternate, text is not empty, and each tool_use is answered in the very next message. */
function checkPairs(messages: Record<string, unknown>[]) {
  if (messages[0]?.role !== 'user') throw new Refusal(400, 'messages: first message must use the "user" role')
  const seen = new Set<string>()
  for (const [index, message] of messages.entries()) {
    if (message.role === messages[index - 1]?.role)
      throw new Refusal(400, 'messages: roles must alternate between "user" and "assistant"')
    const blocks = blocksOf(message)
    for (const block of blocks) {
      if (block.type === 'text' && string(block.text).trim() === '')
        throw new Refusal(400, 'messages: text content blocks must be non-empty')
      if (block.type !== 'tool_use') continue
      if (!/^[a-zA-Z0-9_-]+$/.test(string(block.id)) || seen.has(string(block.id)))
        throw new Refusal(400, 'messages: `tool_use` ids must be unique and match ^[a-zA-Z0-9_-]+$')
      seen.add(string(block.id))
      if (typeof block.input !== 'object' || block.input === null || Array.isArray(block.input))
        throw new Refusal(400, 'messages.1.content.0.tool_use.input: Input should be a valid dictionary')
    }
    const ids = (type: string, key: string, of: Record<string, unknown>[]) =>
      of.filter((block) => block.type === type).map((block) => string(block[key]))
    const called = ids('tool_use', 'id', blocks)
    const answered = ids('tool_result', 'tool_use_id', blocksOf(messages[index + 1] ?? {}))
    if (message.role === 'assistant' && called.some((id) => !answered.includes(id)))
      throw new Refusal(
        400,
        'messages: `tool_use` ids were found without `tool_result` blocks immediately after',
      )
    if (message.role === 'assistant' && answered.some((id) => !called.includes(id)))
      throw new Refusal(400, 'messages: unexpected `tool_use_id` found in `tool_result` blocks')
  }
}

function blocksOf(message: Record<string, unknown>): Record<string, unknown>[] {
  const { content } = message
  return typeof content === 'string' ? [{ type: 'text', text: content }] : list(content).map(record)
}

function textOf(blocks: unknown[]): string {
  return blocks.map((block) => string(record(block).text)).join('\n')
}

function readMessage(value: unknown): FakeMessage[] {
  const message = record(value)
  const blocks = blocksOf(message)
  const text = textOf(blocks.filter((block) => block.type === 'text'))
  if (message.role === 'assistant') {
    const calls = blocks.filter((block) => block.type === 'tool_use')
    const read = calls.map(({ id, name, input }) => ({ id: string(id), name: string(name), args: input }))
    return [{ role: 'assistant', text, calls: read }]
  }
  const results = blocks.filter((block) => block.type === 'tool_result')
  const read: FakeMessage[] = results.map((block) => ({
    role: 'tool',
    callId: string(block.tool_use_id),
    text: typeof block.content === 'string' ? block.content : textOf(list(block.content)),
    calls: [],
  }))
  return text === '' ? read : [...read, { role: 'user', text, calls: [] }]
}

function frames(script: Script, request: FakeRequest): string[] {
  const usage = usageOf(script, request)
  const out = [event('message_start', { type: 'message_start', message: opening(request, usage.input) })]
  let index = 0
  const block = (start: unknown, deltas: unknown[]) => {
    out.push(event('content_block_start', { type: 'content_block_start', index, content_block: start }))
    if (index === 0) out.push(event('ping', { type: 'ping' }))
    for (const delta of deltas)
      out.push(event('content_block_delta', { type: 'content_block_delta', index, delta }))
    out.push(event('content_block_stop', { type: 'content_block_stop', index }))
    index += 1
  }
  if (script.thinking !== undefined)
    block({ type: 'thinking', thinking: '', signature: '' }, [
      { type: 'thinking_delta', thinking: script.thinking },
      { type: 'signature_delta', signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h' },
    ])
  const text = pieces(script).map((piece) => ({ type: 'text_delta', text: piece }))
  if (text.length > 0) block({ type: 'text', text: '' }, text)
  for (const [n, call] of (script.toolCalls ?? []).entries()) {
    const start = {
      type: 'tool_use',
      id: call.id ?? `toolu_${request.step}_${n}`,
      name: call.name,
      input: {},
    }
    const parts = ['', ...argumentPieces(call)]
    block(
      start,
      parts.map((part) => ({ type: 'input_json_delta', partial_json: part })),
    )
  }
  const delta = { stop_reason: stopReason(script), stop_sequence: null }
  out.push(event('message_delta', { type: 'message_delta', delta, usage: { output_tokens: usage.output } }))
  out.push(event('message_stop', { type: 'message_stop' }))
  return out
}

function opening(request: FakeRequest, input: number) {
  const cache = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 }
  const usage = { input_tokens: input, ...cache, output_tokens: 1, service_tier: 'standard' }
  const start = {
    id: 'msg_014p7gG3wDgGV9EUtLvnow3U',
    type: 'message',
    role: 'assistant',
    model: request.model,
  }
  return { ...start, stop_sequence: null, usage, content: [], stop_reason: null }
}

function stopReason(script: Script): string {
  if (script.finish === 'length') return 'max_tokens'
  if (script.finish === 'filtered') return 'refusal'
  return script.toolCalls === undefined ? 'end_turn' : 'tool_use'
}

function event(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
}
