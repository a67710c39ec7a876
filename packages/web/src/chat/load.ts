/**
 * Loading a conversation while it changes. What comes over the live stream during a load may be newer than the answer,
 * which would then undo it; so each load notes what came meanwhile and applies it to its answer.
 */
import type { Event } from '@castellan/contracts'
import { conversations } from '../api.ts'
import { applyEvent, type ConversationState } from './apply.ts'

const underWay = new Set<Event[]>()

/** To be told every event before it is applied anywhere else. */
export const noteEvent = (event: Event): void => {
  for (const came of underWay) came.push(event)
}

/** Loads a conversation, brought up to date with what came while it was on its way. */
export const loadConversation = async (
  id: string,
  load: (id: string) => Promise<ConversationState> = conversations.load,
): Promise<ConversationState> => {
  const came: Event[] = []
  underWay.add(came)
  try {
    const view = await load(id)
    // A gap in the streamed text is left: the next piece finds it and asks for another load.
    return came.reduce((known, event) => applyEvent(known, event) ?? known, view)
  } finally {
    underWay.delete(came)
  }
}
