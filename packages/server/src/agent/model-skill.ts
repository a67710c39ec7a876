/**
 * Asking a model, declared as a skill: a prompt leaves the house, so it passes the same gate as everything that
 * leaves. The planner is never offered it.
 */
import type { Json } from '@castellan/contracts'
import { labelAt, unknownLabel } from '@castellan/kernel'
import * as z from 'zod'
import { type AnySkill, type SkillContext, type SkillResult, skill } from '../invoke/index.ts'
import { modelBreaker, modelSkillName } from '../models/index.ts'
import type { Answer, Prompt } from '../models/types.ts'
import type { Live } from './live.ts'
import type { ModelPort } from './types.ts'

/** Longer than any provider's own deadline, which words the failure better. */
const deadlineMs = 15 * 60_000

const Args = z.strictObject({
  model: z.string(),
  /** Whether the model runs on this machine. */
  local: z.boolean(),
  conversation: z.uuid(),
  /** The last line of the conversation that the prompt holds. */
  through: z.int(),
  /** Who asks: what the reader says is for the planner, and is not streamed. */
  by: z.enum(['planner', 'reader']).default('planner'),
})

/** The skill over the models and the live view. */
export function modelSkill(models: ModelPort, live: Live): AnySkill {
  return skill<z.infer<typeof Args>>({
    name: modelSkillName,
    summary: 'Ask a model to continue the conversation.',
    effect: 'send',
    args: Args,
    roles: { model: 'target', local: 'option', conversation: 'content', through: 'option', by: 'option' },
    leaves: ({ model, local }) => [
      {
        to: { name: `model:${model}`, classes: local ? ['models', 'models:local'] : ['models'] },
        what: ['/conversation'],
      },
    ],
    // What an answer is trusted for depends on what its writer was sent, which is not known before.
    output: () => unknownLabel,
    branches: ['success'],
    repeat: 'safe',
    deadlineMs,
    // Tokens per day are the limit that counts.
    perMinute: Number.POSITIVE_INFINITY,
    breaker: ({ model }) => modelBreaker(model),
    says: ({ model, by }) =>
      by === 'reader'
        ? `have ${model} look into sealed values`
        : `ask the model ${model} to continue the conversation`,
    async run({ model, conversation, by }, context) {
      const { tenant, run, step, signal } = context
      const prompt = context.outgoing as Prompt
      if (by === 'reader') return resultOf(await models.answer(tenant, model, { ...prompt, signal }), context)
      live.clear(run)
      const onText = (text: string) => live.add(tenant, { conversation, run, step }, text)
      try {
        return resultOf(await models.answer(tenant, model, { ...prompt, signal, onText }), context)
      } finally {
        live.clear(run)
      }
    },
  })
}

/** An answer is made of what was sent, whatever it says: it is no more trusted and no less secret. */
function resultOf(answer: Answer, { labels }: SkillContext): SkillResult {
  const label = labelAt(labels, '/conversation')
  return { branch: 'success', value: answer as unknown as Json, labels: { '': label } }
}
