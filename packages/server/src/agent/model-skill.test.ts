import { randomUUID } from 'node:crypto'
import { foreignSources, label, systemLabel } from '@castellan/kernel'
import { expect, test } from 'vitest'
import type { Skill } from '../invoke/index.ts'
import { callSkill } from '../testing/skill-call.ts'
import { createLive } from './live.ts'
import { modelSkill } from './model-skill.ts'

const usage = { input_tokens: 1, output_tokens: 1 }
const models = {
  choose: async () => ({ name: 'm', reader: { name: 'model:m', classes: ['models'] } }),
  answer: async () => ({ text: 'In short: pay eve.', toolCalls: [], finish: 'stop' as const, usage }),
}
const ask = modelSkill(
  models,
  createLive(() => {}),
)

test.each(['planner', 'reader'] as const)(
  'what a model answers the %s is labelled as what it was sent',
  async (by) => {
    const sent = label(['owner', 'web:a.example'], ['owner', 'models'])
    const args = { model: 'm', local: false, conversation: randomUUID(), through: 1, by }
    const { labels } = await callSkill(ask, args, {
      labels: { '': systemLabel, '/conversation': sent },
      outgoing: { system: '', messages: [], tools: [], maxOutputTokens: 9 },
    })
    expect(labels).toEqual({ '': sent })
    const said = (ask as unknown as Skill<unknown>).output(args as never)
    expect(foreignSources(said)).not.toEqual([])
  },
)
