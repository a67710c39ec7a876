/** The live view: one EventSource whose events change the cache; after a reconnect everything is loaded again. */
import { Event, type QuestionView, type RunView } from '@castellan/contracts'
import { alertsQuery } from './alerts/alerts.tsx'
import { applyDelta, applyEntry, applyRun, isOver } from './chat/apply.ts'
import { noteEvent } from './chat/load.ts'
import { notify } from './notices.ts'
import {
  client,
  conversationQuery,
  conversationsQuery,
  endedRunQuery,
  noticesQuery,
  overviewQuery,
  questionsQuery,
} from './queries.ts'
import { keepAnswer } from './questions/answered.ts'

type Delta = Extract<Event, { type: 'delta' }>

const names: readonly Event['type'][] = ['entry', 'delta', 'run', 'question', 'notice', 'alerts']

/** What the stream keeps fresh. */
const isLive = (kind: unknown): boolean =>
  kind === 'conversation' || kind === conversationsQuery.queryKey[0] || kind === questionsQuery.queryKey[0]

/** Text that arrived since the last frame: drawing it once per frame is enough. */
let waiting: Delta[] = []

const drawDeltas = (): void => {
  const deltas = waiting
  waiting = []
  for (const delta of deltas) {
    const { queryKey } = conversationQuery(delta.conversation)
    const view = client.getQueryData(queryKey)
    if (view === undefined) continue
    const next = applyDelta(view, delta)
    if (next === null) void client.invalidateQueries({ queryKey })
    else client.setQueryData(queryKey, next)
  }
}

const takeDelta = (delta: Delta): void => {
  waiting.push(delta)
  if (waiting.length > 1) return
  // A hidden page gets no frames; there a timer does.
  if (document.hidden) setTimeout(drawDeltas, 200)
  else requestAnimationFrame(drawDeltas)
}

const takeRun = (run: RunView): void => {
  drawDeltas()
  const { queryKey } = conversationQuery(run.conversation)
  client.setQueryData(queryKey, (view) => (view === undefined ? undefined : applyRun(view, run)))
  // It may have been asked for while it ran.
  client.setQueryData(endedRunQuery(run.id).queryKey, run)
  // The end of a run is worth the truth: a hint may have been lost on the way.
  if (isOver(run)) void client.invalidateQueries({ queryKey })
  void client.invalidateQueries({ queryKey: conversationsQuery.queryKey })
  void client.invalidateQueries({ queryKey: overviewQuery.queryKey })
}

const takeQuestion = (question: QuestionView): void => {
  client.setQueryData(questionsQuery.queryKey, (open) => {
    if (open === undefined) return undefined
    const others = open.filter((q) => q.id !== question.id)
    return question.state === 'open' ? [...others, question] : others
  })
  if (question.state !== 'open') keepAnswer(question)
  void client.invalidateQueries({ queryKey: questionsQuery.queryKey })
  void client.invalidateQueries({ queryKey: overviewQuery.queryKey })
}

const takeNotice = ({ id, text, at }: Extract<Event, { type: 'notice' }>): void => {
  notify({ id, text, at })
  void client.invalidateQueries({ queryKey: noticesQuery.queryKey })
}

const take = (event: Event): void => {
  noteEvent(event)
  if (event.type === 'delta') takeDelta(event)
  else if (event.type === 'run') takeRun(event.run)
  else if (event.type === 'question') takeQuestion(event.question)
  else if (event.type === 'notice') takeNotice(event)
  else if (event.type === 'alerts') void client.invalidateQueries({ queryKey: alertsQuery.queryKey })
  else {
    drawDeltas()
    const { queryKey } = conversationQuery(event.conversation)
    client.setQueryData(queryKey, (view) => (view === undefined ? undefined : applyEntry(view, event.entry)))
    void client.invalidateQueries({ queryKey: ['ledger'] })
  }
}

const read = (data: string): Event | null => {
  try {
    return Event.parse(JSON.parse(data))
  } catch {
    // An event is a hint. One that cannot be read means that the hints are incomplete: load the truth.
    return null
  }
}

/** Opens the stream and keeps it open; gives back how to close it. `onState` hears whether it is connected. */
export const listen = (onState: (connected: boolean) => void): (() => void) => {
  let stream: EventSource | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  let lost = false
  const handle = (message: MessageEvent<string>): void => {
    const event = read(message.data)
    if (event === null) void client.invalidateQueries()
    else take(event)
  }
  const open = (): void => {
    stream = new EventSource('/api/events')
    for (const name of names) stream.addEventListener(name, handle)
    stream.onopen = () => {
      onState(true)
      // What was loaded before the stream stood may miss what came in between.
      void client.invalidateQueries(lost ? {} : { predicate: ({ queryKey }) => isLive(queryKey[0]) })
      lost = false
    }
    stream.onerror = () => {
      lost = true
      onState(false)
      // The browser retries by itself unless the server refused; a refusal is retried slowly.
      if (stream?.readyState === EventSource.CLOSED) {
        void client.invalidateQueries({ queryKey: overviewQuery.queryKey })
        retry = setTimeout(open, 5_000)
      }
    }
  }
  open()
  return () => {
    clearTimeout(retry)
    stream?.close()
  }
}
