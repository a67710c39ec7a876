/**
 * Google's Gemini API as a fake: `models/ID:streamGenerateContent?alt=sse`, its errors and its chunks
 * (https://ai.google.dev/api/generate-content).
 */
import {
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

const statuses: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
}

export const google = {
  matches: (path: string) => path.includes(':streamGenerateContent'),
  read,
  errorBody,
  errorEvent: (message: string) => data(errorBody(500, message)),
  badEvent: 'data: {"candidates": [{"content": {"par\n\n',
  frames,
}

function errorBody(status: number, message: string) {
  const details =
    status === 429 ? [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '17s' }] : []
  return { error: { code: status, message, status: statuses[status] ?? 'UNKNOWN', details } }
}

function read(path: string, headers: Record<string, string>, body: unknown): FakeRequest {
  const { contents, systemInstruction, tools } = record(body)
  if (!path.includes('alt=sse')) throw new Refusal(400, 'this fake only streams events')
  if (!headers['x-goog-api-key'])
    throw new Refusal(
      403,
      "Method doesn't allow unregistered callers (callers without established identity).",
    )
  const names = list(tools)
    .flatMap((tool) => list(record(tool).functionDeclarations))
    .map((tool) => string(record(tool).name))
  for (const name of names)
    if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/.test(name)) throw new Refusal(400, 'Invalid function name.')
  const raw = list(contents).map(record)
  checkPairs(raw)
  const read = raw.flatMap((content, index) => readContent(content, index))
  return {
    protocol: 'google',
    path,
    headers,
    body,
    model: decodeURIComponent(/models\/([^:]+):/.exec(path)?.[1] ?? ''),
    system: textOf(list(record(systemInstruction).parts)),
    messages: read,
    tools: names,
    ...turnOf(read),
  }
}

/** As many function responses as function calls, right after them. */
function checkPairs(contents: Record<string, unknown>[]) {
  const count = (content: Record<string, unknown> | undefined, key: string) =>
    list(content?.parts).filter((part) => record(part)[key] !== undefined).length
  for (const [index, content] of contents.entries())
    if (
      content.role === 'model' &&
      count(content, 'functionCall') !== count(contents[index + 1], 'functionResponse')
    )
      throw new Refusal(
        400,
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      )
}

function textOf(parts: unknown[]): string {
  return parts.map((part) => string(record(part).text)).join('\n')
}

function readContent(content: Record<string, unknown>, index: number): FakeMessage[] {
  const parts = list(content.parts).map(record)
  const text = textOf(parts.filter((part) => typeof part.text === 'string'))
  const of = (key: string) => parts.filter((part) => part[key] !== undefined).map((part) => record(part[key]))
  if (content.role === 'model') {
    const calls = of('functionCall').map((call, n) => ({
      id: `${index}_${n}`,
      name: string(call.name),
      args: call.args,
    }))
    return [{ role: 'assistant', text, calls }]
  }
  const results = of('functionResponse').map((result, n): FakeMessage => {
    const answer = record(result.response)
    const text = string(answer.content ?? answer.result ?? answer.output) || JSON.stringify(answer)
    return { role: 'tool', callId: `${index - 1}_${n}`, text, calls: [] }
  })
  return text === '' ? results : [...results, { role: 'user', text, calls: [] }]
}

function frames(script: Script, request: FakeRequest): string[] {
  const { input, output } = usageOf(script, request)
  const usageMetadata = {
    promptTokenCount: input,
    candidatesTokenCount: output,
    totalTokenCount: input + output,
  }
  const rest = { usageMetadata, modelVersion: request.model, responseId: 'mBxCaJvvDdOvkdUP5qWp0Ag' }
  const chunk = (parts: unknown[], finishReason?: string) =>
    data({ candidates: [{ content: { parts, role: 'model' }, index: 0, finishReason }], ...rest })
  const out: string[] = []
  if (script.thinking !== undefined) out.push(chunk([{ text: script.thinking, thought: true }]))
  for (const piece of pieces(script)) out.push(chunk([{ text: piece }]))
  // Google sends arguments as an object; raw text that is no JSON cannot occur on this wire.
  for (const [n, call] of (script.toolCalls ?? []).entries())
    out.push(
      chunk([
        {
          functionCall: { name: call.name, args: call.args },
          ...(n === 0 && { thoughtSignature: 'CiQBy9rjFakeSignature0Q==' }),
        },
      ]),
    )
  out.push(chunk([{ text: '' }], finishReason(script)))
  return out
}

function finishReason(script: Script): string {
  if (script.finish === 'length') return 'MAX_TOKENS'
  return script.finish === 'filtered' ? 'SAFETY' : 'STOP'
}

function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\r\n\r\n`
}
