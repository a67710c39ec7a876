/**
 * Our messages and tools in the form the AI SDK sends. Providers refuse dots in tool names, unpaired calls, ids of other
 * providers and half surrogates; all of that is settled here, in one place for all of them.
 */
import type { Json } from '@castellan/contracts'
import type { CallOptions, ProviderRow } from './providers.ts'
import type { Prompt, PromptMessage, Tool, ToolCall } from './types.ts'

type SdkMessage = CallOptions['prompt'][number]
type SdkPart<Role extends SdkMessage['role']> = Extract<SdkMessage, { role: Role }>['content'][number]

/** The names of one call's tools on the wire, where only `a-z A-Z 0-9 _ -` and 64 characters are allowed. */
export interface ToolNames {
  toWire(name: string): string
  /** Our name for what the model called; unknown names come back as they are. */
  fromWire(wire: string): string
}

/** Maps dotted names to wire names and back: `web.fetch` ↔ `web_fetch`. No two tools share a wire name. */
export function toolNames(names: readonly string[]): ToolNames {
  const wireOf = new Map<string, string>()
  const nameOf = new Map<string, string>()
  for (const name of names) {
    const plain = plainName(name)
    let wire = plain
    for (let n = 2; nameOf.has(wire); n++) wire = `${plain.slice(0, 60)}_${n}`
    wireOf.set(name, wire)
    nameOf.set(wire, name)
  }
  return {
    toWire: (name) => wireOf.get(name) ?? plainName(name),
    fromWire: (wire) => nameOf.get(wire) ?? wire,
  }
}

function plainName(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64)
  // Google wants a letter or underscore first.
  return /^[a-zA-Z_]/.test(plain) ? plain : `_${plain.slice(0, 63)}`
}

/** The tools as the SDK takes them. */
export function sdkTools(tools: readonly Tool[], names: ToolNames, row: ProviderRow) {
  return tools.map((tool) => ({
    type: 'function' as const,
    name: names.toWire(tool.name),
    description: tool.description.toWellFormed(),
    inputSchema: tool.schema as Extract<
      NonNullable<CallOptions['tools']>[number],
      { type: 'function' }
    >['inputSchema'],
    ...row.tool,
  }))
}

/**
 * The messages as the SDK takes them. Calls are numbered anew through the conversation: ids come from models, and one
 * provider's ids are refused by another. Throws TypeError for a tool message that answers no call.
 */
export function sdkPrompt(
  prompt: Pick<Prompt, 'system' | 'messages'>,
  names: ToolNames,
): CallOptions['prompt'] {
  const out: SdkMessage[] = []
  if (prompt.system !== '') out.push({ role: 'system', content: prompt.system.toWellFormed() })
  let count = 0
  for (let at = 0; at < prompt.messages.length; at++) {
    const message = prompt.messages[at]
    if (message === undefined) break
    if (message.role === 'tool') throw new TypeError(`tool message ${message.callId} answers no call`)
    if (message.role === 'user') out.push({ role: 'user', content: [text(message.text)] })
    else {
      const results = resultsAfter(prompt.messages, at)
      const ids = new Map(message.toolCalls.map((call) => [call.id, `call_${++count}`]))
      out.push(...answered(message, results, ids, names))
      at += results.length
    }
  }
  return out
}

type Result = Extract<PromptMessage, { role: 'tool' }>

function resultsAfter(messages: readonly PromptMessage[], at: number): Result[] {
  const results: Result[] = []
  for (let next = messages[at + 1]; next?.role === 'tool'; next = messages[at + 1 + results.length])
    results.push(next)
  return results
}

/** One answer of the model with the results of its calls, every call paired. */
function answered(
  message: Extract<PromptMessage, { role: 'assistant' }>,
  results: readonly Result[],
  ids: ReadonlyMap<string, string>,
  names: ToolNames,
): SdkMessage[] {
  const content: SdkPart<'assistant'>[] = []
  if (message.text.trim() !== '') content.push(text(message.text))
  for (const call of message.toolCalls) content.push(callPart(call, idOf(ids, call.id), names))
  for (const { callId } of results) idOf(ids, callId)
  if (content.length === 0) return []
  const tool = message.toolCalls.map((call): SdkPart<'tool'> => {
    const result = results.find(({ callId }) => callId === call.id)
    // A provider refuses a call without a result, and a turn that was stopped or killed leaves such calls behind.
    const value = result?.text.toWellFormed() ?? 'No result of this call was recorded.'
    const output = { type: 'text' as const, value }
    return { type: 'tool-result', toolCallId: idOf(ids, call.id), toolName: names.toWire(call.name), output }
  })
  const said: SdkMessage = { role: 'assistant', content }
  return tool.length === 0 ? [said] : [said, { role: 'tool', content: tool }]
}

function callPart(call: ToolCall, id: string, names: ToolNames): SdkPart<'assistant'> {
  const isObject = typeof call.args === 'object' && call.args !== null && !Array.isArray(call.args)
  return {
    type: 'tool-call',
    toolCallId: id,
    toolName: names.toWire(call.name),
    // Providers take objects only; what could not be read goes back as it was, under a name that says so.
    input: isObject ? call.args : { unreadable: call.args },
    ...(call.opaque !== undefined && {
      providerOptions: call.opaque as { [provider: string]: { [key: string]: Json } },
    }),
  }
}

function idOf(ids: ReadonlyMap<string, string>, id: string): string {
  const mapped = ids.get(id)
  if (mapped === undefined) throw new TypeError(`tool message ${id} answers no call`)
  return mapped
}

function text(value: string): { type: 'text'; text: string } {
  return { type: 'text', text: value.trim() === '' ? '(empty)' : value.toWellFormed() }
}
