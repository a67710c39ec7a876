/**
 * What the fake model providers are told to do, and what they understood of a request. Scripts are written once and
 * played over every protocol; the wire format is the business of anthropic.ts, openai.ts, responses.ts and google.ts.
 */
import { readFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'

/** A tool call as the model would make it. A string in `args` is sent as the raw argument text, valid JSON or not. */
export interface ScriptedCall {
  readonly id?: string
  /** The name on the wire, e.g. `web_fetch`. */
  readonly name: string
  readonly args: unknown
}

/** One answer of a fake provider. Without anything set it streams the text `OK`. */
export interface Script {
  /** Streamed in pieces of `piece` characters; an array is streamed piece by piece as given. */
  readonly text?: string | readonly string[]
  readonly piece?: number
  /** Streamed before the text as the protocol's reasoning. */
  readonly thinking?: string
  readonly toolCalls?: readonly ScriptedCall[]
  readonly usage?: { readonly input: number; readonly output: number }
  readonly finish?: 'length' | 'filtered'
  /** Silence before the first byte, and between two events. */
  readonly delayMs?: number
  readonly betweenMs?: number
  /** Fails with this HTTP status and the protocol's own error body. */
  readonly status?: number
  readonly error?: string
  readonly errorCode?: string
  /** Streams half of the answer and then the protocol's own error event. */
  readonly streamError?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Answers 307 to this address. */
  readonly redirect?: string
  /** Never answers (`headers`), or falls silent in the middle of the stream. */
  readonly hang?: 'headers' | 'middle'
  /** Ends in the middle: the connection is cut, or closed as if all were well. */
  readonly truncate?: 'cut' | 'clean'
  /** A web page, bytes that are no event stream, or an event that is no JSON in the middle of a good stream. */
  readonly garbage?: 'page' | 'bytes' | 'event'
}

export interface FakeMessage {
  readonly role: 'user' | 'assistant' | 'tool'
  readonly text: string
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: unknown }[]
  /** The call that a tool message answers. */
  readonly callId?: string
}

/** What a fake understood of one request. Everything is kept, so that a test can look for what must not be there. */
export interface FakeRequest {
  readonly protocol: 'anthropic' | 'openai' | 'responses' | 'google'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly model: string
  readonly system: string
  readonly messages: readonly FakeMessage[]
  readonly tools: readonly string[]
  /** The last thing a person said. */
  readonly said: string
  /** How often the model has answered since then: 0 for the first call of a turn. */
  readonly step: number
}

/** Decides what to answer; `undefined` is the plain `OK`. */
export type Respond = (request: FakeRequest) => Script | undefined | Promise<Script | undefined>

/** Thrown by a protocol when the real API would refuse the request. */
export class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Finds the turn a conversation is in: what was said last and how many answers followed. */
export function turnOf(messages: readonly FakeMessage[]): { said: string; step: number } {
  const last = messages.findLastIndex((message) => message.role === 'user')
  const after = messages.slice(last + 1)
  return {
    said: messages[last]?.text ?? '',
    step: after.filter((message) => message.role === 'assistant').length,
  }
}

/** The pieces in which a script's text is streamed. */
export function pieces(script: Script): readonly string[] {
  const text = script.text ?? (script.toolCalls === undefined ? 'OK' : [])
  if (typeof text !== 'string') return text
  const size = script.piece ?? 24
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size))
}

/** The argument text of a call, in two pieces as providers send it. */
export function argumentPieces(call: ScriptedCall): string[] {
  const text = typeof call.args === 'string' ? call.args : JSON.stringify(call.args)
  const half = Math.ceil(text.length / 2)
  return [text.slice(0, half), text.slice(half)].filter((piece) => piece !== '')
}

/** Usage as scripted, or invented from lengths. */
export function usageOf(script: Script, request: FakeRequest): { input: number; output: number } {
  return (
    script.usage ?? {
      input: Math.ceil(JSON.stringify(request.body).length / 4),
      output: Math.ceil(pieces(script).join('').length / 4) + 8 * (script.toolCalls?.length ?? 0),
    }
  )
}

/**
 * Loads a script file: a module whose default export is a `Respond`, or JSON
 * `[{ "when": "part of what was said", "steps": [Script, …] }, …]`, first match, last step repeating.
 */
export async function loadScript(path: string): Promise<Respond> {
  if (!path.endsWith('.json')) return (await import(pathToFileURL(path).href)).default as Respond
  const turns = JSON.parse(await readFile(path, 'utf8')) as { when?: string; steps: Script[] }[]
  return ({ said, step }) => {
    const turn = turns.find(({ when }) => when === undefined || said.includes(when))
    return turn?.steps[Math.min(step, turn.steps.length - 1)]
  }
}

/** Reading JSON of unknown shape without trusting it. */
export const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
export const string = (value: unknown): string => (typeof value === 'string' ? value : '')
