/**
 * Who speaks in which conversation, so that live events reach that person and nobody else. What is not known is told to
 * nobody: events are hints, and the page loads the truth.
 */
import type { Event } from '@castellan/contracts'
import type { Tenant } from '../database/index.ts'
import type { Audience, EventHub, Principal } from '../http/index.ts'
import { concerned } from '../questions/index.ts'

/** Conversations that are remembered; the least lately noted is forgotten first. */
const most = 10_000

/** Tells events to whom they concern. */
export interface Speakers {
  /** Notes whose conversation it is, before anything is told of it. */
  note(conversation: string, principal: Principal): void
  readonly publish: (tenant: Tenant, event: Event) => void
}

/** The speakers of this process, over the hub that all events go through. */
export function createSpeakers(publish: EventHub['publish']): Speakers {
  const speakers = new Map<string, Principal>()
  const of = (conversation: string): Audience => {
    const principal = speakers.get(conversation)
    return principal === undefined ? [] : [principal]
  }
  const audience = (event: Event): Audience => {
    switch (event.type) {
      case 'entry':
      case 'delta':
        return of(event.conversation)
      case 'run':
        return of(event.run.conversation)
      case 'question':
        return concerned(event.question)
      default:
        return ['owner']
    }
  }
  return {
    note(conversation, principal) {
      speakers.delete(conversation)
      speakers.set(conversation, principal)
      const [oldest] = speakers.keys()
      if (speakers.size > most && oldest !== undefined) speakers.delete(oldest)
    },
    publish: (tenant, event) => publish(tenant, event, audience(event)),
  }
}
