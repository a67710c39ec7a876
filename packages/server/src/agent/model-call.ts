/** A model call as the gate takes it, whoever asks: the planner's next step, or the reader about sealed values. */
import type { Label } from '@castellan/contracts'
import { systemLabel } from '@castellan/kernel'
import type { Invocation } from '../invoke/index.ts'
import { modelSkillName } from '../models/index.ts'
import type { Answer, Prompt } from '../models/types.ts'
import type { ModelPort } from './types.ts'

/** Tokens a model may answer with, and is reserved for. */
const maxOutputTokens = 8_192
const charactersPerToken = 4

/** What is asked of which model, and what is known of it. */
export interface Asked
  extends Pick<Invocation, 'tenant' | 'principal' | 'budget' | 'run' | 'step' | 'signal' | 'keep'> {
  readonly conversation: string
  readonly prompt: Prompt
  readonly model: Awaited<ReturnType<ModelPort['choose']>>
  readonly by: 'planner' | 'reader'
  /** The last line of the conversation that it holds. */
  readonly through: number
  /** The label of all that the prompt holds. */
  readonly label: Label
  /** The owner's. */
  readonly words: readonly string[]
}

/** The call. Its provider is a reader of the prompt, and is judged as one. */
export function modelCall(asked: Asked): Invocation {
  const { tenant, principal, budget, run, step, signal, keep, conversation, model, by, through } = asked
  const { prompt, label, words } = asked
  const text = promptText(prompt)
  const limited: Prompt = { maxOutputTokens, ...prompt }
  return {
    ...{
      tenant,
      principal,
      budget,
      run,
      step,
      signal,
      conversation,
      ...(keep === undefined ? {} : { keep }),
    },
    allowed: new Set([modelSkillName]),
    skill: modelSkillName,
    args: {
      model: model.name,
      local: model.reader.classes.includes('models:local'),
      conversation,
      through,
      by,
    },
    references: { '': systemLabel, '/conversation': label },
    facts: { words, label },
    outgoing: { text, value: limited },
    tokens: {
      estimate: Math.ceil(text.length / charactersPerToken) + (limited.maxOutputTokens ?? maxOutputTokens),
      used: (value) => tokensOf(value as unknown as Answer),
    },
    openMs: 0,
  }
}

/** A prompt's text as it will leave. */
function promptText(prompt: Prompt): string {
  const lines = prompt.messages.map((line) =>
    line.role === 'assistant' ? `${line.text}\n${JSON.stringify(line.toolCalls)}` : line.text,
  )
  return [prompt.system, ...lines].join('\n')
}

function tokensOf({ usage }: Answer): number {
  return usage.input_tokens + usage.output_tokens
}
