/**
 * Asking a model on behalf of a caller, declared as a skill: a prompt leaves the house, so it passes the gate. It goes by
 * the name of every question to a model, so that whatever policies say of models holds for callers too.
 */
import type { Json } from '@castellan/contracts'
import { labelAt, unknownLabel } from '@castellan/kernel'
import * as z from 'zod'
import { type AnySkill, skill } from '../invoke/index.ts'
import { modelBreaker, modelSkillName, type Prompt, type Texts, type Vectors } from '../models/index.ts'
import type { CallerModels } from './types.ts'

/** What is asked, handed to the gate beside the arguments; what comes back goes straight to the caller. */
export type Work = {
  /** Aborts when nobody waits for the answer any more, or nobody may. */
  readonly stop: AbortSignal
} & (
  | { readonly prompt: Prompt; readonly onText: (text: string) => void }
  | { readonly texts: Texts; readonly onVectors: (vectors: Vectors['vectors']) => void }
)

/** What the ledger keeps of an answer: how it ended and what it cost, not what it said. */
export const Spent = z.object({
  finish: z.string(),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number() }),
})
export type Spent = z.infer<typeof Spent>

const Args = z.strictObject({
  model: z.string(),
  /** Whether the model runs on this machine. */
  local: z.boolean(),
  /** Name of the token. */
  caller: z.string(),
  /** Stands for the words of the request. */
  request: z.uuid(),
})

/** Longer than any provider's own deadline, which words the failure better. */
const deadlineMs = 15 * 60_000

/** The skill over the models. */
export function callerSkill(models: CallerModels): AnySkill {
  return skill<z.infer<typeof Args>>({
    name: modelSkillName,
    summary: 'Ask a model for a program of the owner’s.',
    effect: 'send',
    args: Args,
    roles: { model: 'target', local: 'option', caller: 'option', request: 'content' },
    leaves: ({ model, local }) => [
      {
        to: { name: `model:${model}`, classes: local ? ['models', 'models:local'] : ['models'] },
        what: ['/request'],
      },
    ],
    output: () => unknownLabel,
    branches: ['success', 'stopped'],
    repeat: 'never',
    deadlineMs,
    // Each token has a rate of its own, counted for all processes.
    perMinute: Number.POSITIVE_INFINITY,
    breaker: ({ model }) => modelBreaker(model),
    says: ({ model, caller }) => `ask the model ${model} for the program ${caller}`,
    async run({ model }, { tenant, signal, outgoing, labels }) {
      const work = outgoing as Work
      const ask = { model, work, signal: AbortSignal.any([signal, work.stop]) }
      const { branch, spent } = await spend(models, tenant, ask)
      return { branch, value: spent satisfies Json, labels: { '': labelAt(labels, '/request') } }
    },
  })
}

type Asked = { readonly model: string; readonly work: Work; readonly signal: AbortSignal }
type Done = { readonly branch: 'success' | 'stopped'; readonly spent: Spent }

async function spend(models: CallerModels, tenant: Parameters<CallerModels['answer']>[0], asked: Asked) {
  const { model, work, signal } = asked
  if ('texts' in work) {
    const { vectors, tokens } = await models.embed(tenant, model, { ...work.texts, signal })
    work.onVectors(vectors)
    return done({ finish: 'stop', usage: { input_tokens: tokens, output_tokens: 0 } })
  }
  let length = 0
  const onText = (text: string) => {
    length += text.length
    work.onText(text)
  }
  try {
    const { finish, usage } = await models.answer(tenant, model, { ...work.prompt, signal, onText })
    return done({ finish, usage: { ...usage } })
  } catch (error) {
    if (!work.stop.aborted) throw error
    // Whoever hangs up before the end has had what came until then, and pays for it.
    return stopped({ input_tokens: tokensIn(textOf(work.prompt).length), output_tokens: tokensIn(length) })
  }
}

const done = (spent: Spent): Done => ({ branch: 'success', spent })
const stopped = (usage: Spent['usage']): Done => ({ branch: 'stopped', spent: { finish: 'stopped', usage } })

/** Tokens, by the rule of thumb of four characters each. */
export const tokensIn = (characters: number): number => Math.ceil(characters / 4)

/** All text of a prompt that will leave, the parts that are no message included. */
export function textOf({ system, messages, sampling, format }: Prompt): string {
  const stops = sampling?.stopSequences ?? []
  return [system, ...messages.map(({ text }) => text), ...stops, JSON.stringify(format ?? {})].join('\n')
}
