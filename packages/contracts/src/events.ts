/**
 * What `GET /api/events` streams (Server-Sent Events, one JSON document per `data:` line, event name = `type`).
 * Events are hints for a live view; the truth is in the API. After a reconnect, load again. A reader that falls too far
 * behind gets `event: reload` with `{}` as the last thing of its stream, which is no Event: reconnect and load again.
 */
import * as z from 'zod'
import { Entry, RunView } from './api.ts'
import { QuestionView } from './questions.ts'

export const Event = z.discriminatedUnion('type', [
  /** A line was added to a conversation, or (same id) changed. */
  z.strictObject({ type: z.literal('entry'), conversation: z.uuid(), entry: Entry }),
  /** More text of the step in progress; `offset` is the length before it, so that a gap is noticed. */
  z.strictObject({
    type: z.literal('delta'),
    conversation: z.uuid(),
    run: z.uuid(),
    step: z.string(),
    offset: z.number().int(),
    text: z.string(),
  }),
  z.strictObject({ type: z.literal('run'), run: RunView }),
  z.strictObject({ type: z.literal('question'), question: QuestionView }),
  /** The agent tells the owner something (`owner.notify`). */
  z.strictObject({ type: z.literal('notice'), id: z.uuid(), text: z.string(), at: z.iso.datetime() }),
  /** Somebody of the tenant has other alerts than a moment ago; whose and which, the API says to whom they belong. */
  z.strictObject({ type: z.literal('alerts') }),
])
export type Event = z.infer<typeof Event>
