/**
 * The OpenAI Responses API as a fake, without state: it refuses a request that would be stored
 * (https://platform.openai.com/docs/api-reference/responses-streaming).
 */
import { checkNames, errorBody } from './openai.ts'
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

export const responses = {
  matches: (path: string) => path.endsWith('/responses'),
  read,
  errorBody,
  errorEvent: (message: string) =>
    `event: error\ndata: ${JSON.stringify({ type: 'error', sequence_number: 9, code: 'server_error', message, param: null })}\n\n`,
  badEvent: 'event: response.output_text.delta\ndata: {"type":"response.output_te\n\n',
  frames,
}

function read(path: string, headers: Record<string, string>, body: unknown): FakeRequest {
  const { model, input, tools, store, stream } = record(body)
  if (store !== false) throw new Refusal(400, 'this fake stores nothing: send "store": false')
  if (stream !== true) throw new Refusal(400, 'this fake only streams')
  const names = list(tools).map((tool) => string(record(tool).name))
  checkNames(names)
  const items = list(input).map(record)
  const called = new Set(items.filter((item) => item.type === 'function_call').map((item) => item.call_id))
  const answered = new Set(
    items.filter((item) => item.type === 'function_call_output').map((item) => item.call_id),
  )
  for (const id of called)
    if (!answered.has(id)) throw new Refusal(400, `No tool output found for function call ${id}.`)
  for (const id of answered)
    if (!called.has(id)) throw new Refusal(400, `No tool call found for call_id ${id}.`)
  const isSystem = (item: Record<string, unknown>) => item.role === 'system' || item.role === 'developer'
  const read = join(items.filter((item) => !isSystem(item)).map(readItem))
  return {
    protocol: 'responses',
    path,
    headers,
    body,
    model: string(model),
    system: items.filter(isSystem).map(textOf).join('\n'),
    messages: read,
    tools: names,
    ...turnOf(read),
  }
}

function textOf({ content }: Record<string, unknown>): string {
  return typeof content === 'string'
    ? content
    : list(content)
        .map((part) => string(record(part).text))
        .join('\n')
}

function readItem(item: Record<string, unknown>): FakeMessage {
  const callId = string(item.call_id)
  if (item.type === 'function_call') {
    const call = { id: callId, name: string(item.name), args: JSON.parse(string(item.arguments)) }
    return { role: 'assistant', text: '', calls: [call] }
  }
  if (item.type === 'function_call_output')
    return { role: 'tool', callId, text: string(item.output), calls: [] }
  return { role: item.role === 'assistant' ? 'assistant' : 'user', text: textOf(item), calls: [] }
}

/** Text and calls of one answer are separate items here; elsewhere they are one message. */
function join(messages: FakeMessage[]): FakeMessage[] {
  const out: FakeMessage[] = []
  for (const message of messages) {
    const last = out.at(-1)
    if (message.role === 'assistant' && last?.role === 'assistant')
      out[out.length - 1] = {
        ...last,
        text: last.text + message.text,
        calls: [...last.calls, ...message.calls],
      }
    else out.push(message)
  }
  return out
}

function frames(script: Script, request: FakeRequest): string[] {
  const out: string[] = []
  const emit = (type: string, fields: Record<string, unknown>) =>
    out.push(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: out.length, ...fields })}\n\n`)
  const id = 'resp_67c9fdcecf488190bdd9a0409de3a1ec07b8b0ad4e5eb654'
  const base = { id, object: 'response', created_at: 1_741_290_958, model: request.model, error: null }
  emit('response.created', { response: { ...base, status: 'in_progress', output: [], usage: null } })
  emit('response.in_progress', { response: { ...base, status: 'in_progress', output: [], usage: null } })
  let index = 0
  const text = pieces(script)
  if (text.length > 0) {
    message(emit, index, text)
    index += 1
  }
  for (const [n, call] of (script.toolCalls ?? []).entries()) {
    const itemId = `fc_${request.step}_${n}`
    const callId = call.id ?? `call_${request.step}_${n}`
    const item = { type: 'function_call', id: itemId, call_id: callId, name: call.name }
    const at = { item_id: itemId, output_index: index }
    emit('response.output_item.added', {
      output_index: index,
      item: { ...item, arguments: '', status: 'in_progress' },
    })
    const parts = argumentPieces(call)
    for (const delta of parts) emit('response.function_call_arguments.delta', { ...at, delta })
    emit('response.function_call_arguments.done', { ...at, arguments: parts.join('') })
    const done = { ...item, arguments: parts.join(''), status: 'completed' }
    emit('response.output_item.done', { output_index: index, item: done })
    index += 1
  }
  const { input, output } = usageOf(script, request)
  const details = {
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  }
  const usage = { input_tokens: input, output_tokens: output, total_tokens: input + output, ...details }
  const reason = script.finish === 'length' ? 'max_output_tokens' : 'content_filter'
  const end = { ...base, usage, output: [] }
  if (script.finish === undefined)
    emit('response.completed', { response: { ...end, status: 'completed', incomplete_details: null } })
  else
    emit('response.incomplete', {
      response: { ...end, status: 'incomplete', incomplete_details: { reason } },
    })
  return out
}

function message(
  emit: (type: string, fields: Record<string, unknown>) => void,
  index: number,
  text: readonly string[],
) {
  const item = {
    type: 'message',
    id: 'msg_67c9fdcf37fc8190ba82116e33fb28c507b8b0ad4e5eb654',
    role: 'assistant',
  }
  const at = { item_id: item.id, output_index: index, content_index: 0 }
  const part = { type: 'output_text', text: text.join(''), annotations: [] }
  emit('response.output_item.added', {
    output_index: index,
    item: { ...item, status: 'in_progress', content: [] },
  })
  emit('response.content_part.added', { ...at, part: { ...part, text: '' } })
  for (const delta of text) emit('response.output_text.delta', { ...at, delta })
  emit('response.output_text.done', { ...at, text: text.join('') })
  emit('response.content_part.done', { ...at, part })
  emit('response.output_item.done', {
    output_index: index,
    item: { ...item, status: 'completed', content: [part] },
  })
}
