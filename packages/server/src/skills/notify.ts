/** `owner.notify`: tells whoever the run acts for something, through the outbox. It reaches nobody else. */
import { labelAt, systemLabel } from '@castellan/kernel'
import * as z from 'zod'
import type { Database } from '../database/index.ts'
import { type AnySkill, skill } from '../invoke/index.ts'
import { isStorable } from './reading/text.ts'
import { queueNotice } from './store.ts'

const Args = z.strictObject({
  text: z
    .string()
    .trim()
    .min(1)
    .max(2_000)
    .refine(isStorable, 'use plain text')
    .describe('What the owner should know, in a sentence or two.'),
})

/** Makes the skill; main.ts delivers what lies in the outbox. */
export function ownerNotify(database: Database): AnySkill {
  return skill<z.infer<typeof Args>>({
    name: 'owner.notify',
    summary: 'Tell the owner something outside of this conversation.',
    effect: 'write',
    args: Args,
    roles: { text: 'content' },
    output: () => systemLabel,
    branches: ['success'],
    repeat: 'keyed',
    deadlineMs: 10_000,
    perMinute: 10,
    says: ({ text }) => `tell you: ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`,
    async run({ text }, { tenant, principal, run, idempotencyKey, labels }) {
      const { sources, readers } = labelAt(labels, '/text')
      const label = { sources: [...sources], readers: readers === 'everyone' ? readers : [...readers] }
      const body = { kind: 'notice', text, run, label, to: principal[0] ?? 'owner' }
      await queueNotice(tenant, database.as(tenant), { key: idempotencyKey, body })
      return { branch: 'success', value: { queued: true }, labels: { '': systemLabel } }
    },
  })
}
