/**
 * Answering as a call: in a channel that others can read, an answer is something sent, and passes the gate like all that
 * is. Channels that only the owner reads need no call. The planner is never offered it.
 */

import { systemLabel } from '@castellan/kernel'
import * as z from 'zod'
import { type AnySkill, type Leaving, skill } from '../invoke/index.ts'

export const replySkillName = 'channel.reply'

/** Channels that end at the owner. Any other kind is taken to be shared: forgetting one here asks, and leaks nothing. */
const ownersOnly: ReadonlySet<string> = new Set(['web', 'terminal'])

/** A place where a conversation is held. */
export interface Channel {
  readonly kind: string
  /** Which one of its kind, e.g. a group's id. */
  readonly id: string
}

/** Whom an answer there reaches, besides the owner; a member who is spoken to alone is reached as that member. */
export function replyReaches({ kind, id }: Channel, what = '/text'): Leaving[] {
  if (ownersOnly.has(kind)) return []
  if (kind === 'member') return [{ to: { name: `member:${id}`, classes: [`member:${id}`] }, what: [what] }]
  return [{ to: { name: `${kind}:${id}`, classes: [] }, what: [what] }]
}

const Args = z.strictObject({ kind: z.string(), id: z.string(), text: z.string() })

/** The skill over the way into a channel. Where it goes is the conversation's own place, and so the caller's to name. */
export function replySkill(
  deliver: (channel: Channel, text: string, key: string) => Promise<void>,
): AnySkill {
  return skill<z.infer<typeof Args>>({
    name: replySkillName,
    summary: 'Answer in the channel of the conversation.',
    effect: 'send',
    args: Args,
    roles: { kind: 'option', id: 'target', text: 'content' },
    leaves: replyReaches,
    output: () => systemLabel,
    branches: ['success'],
    repeat: 'keyed',
    deadlineMs: 30_000,
    perMinute: 60,
    says: ({ kind, id, text }) =>
      `answer in ${kind} ${id}, where others read it, with ${text.length} characters`,
    async run({ kind, id, text }, { idempotencyKey }) {
      await deliver({ kind, id }, text, idempotencyKey)
      return { branch: 'success', value: { delivered: true }, labels: { '': systemLabel } }
    },
  })
}
