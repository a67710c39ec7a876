/** What a live event does to a conversation as this page holds it. Pure; `null` means: load it again. */
import type { ConversationView, Entry, Event, RunView } from '@castellan/contracts'
import type * as z from 'zod'

/** A conversation as the API answers it. */
export type ConversationState = z.infer<typeof ConversationView>
type View = ConversationState
type Delta = Extract<Event, { type: 'delta' }>

/** A line that was added or, by the same id, changed. */
export const applyEntry = (view: View, entry: Entry): View => {
  const others = view.entries.filter((e) => e.id !== entry.id)
  const at = others.findLastIndex((e) => e.seq < entry.seq) + 1
  const entries = [...others.slice(0, at), entry, ...others.slice(at)]
  const { partial } = view
  const finished = entry.kind === 'agent' && partial?.run === entry.run && partial.step === entry.step
  return { ...view, entries, partial: finished ? null : partial }
}

/** More text of the step in progress; a gap asks for a fresh load. */
export const applyDelta = (view: View, delta: Delta): View | null => {
  const { partial } = view
  const same = partial !== null && partial.run === delta.run && partial.step === delta.step
  const held = same ? partial.text : ''
  if (delta.offset > held.length) return null
  // An overlap happens when the load was newer than the event: keep what is new.
  const text = held.slice(0, delta.offset) + delta.text
  if (text.length < held.length) return view
  return { ...view, partial: { run: delta.run, step: delta.step, text } }
}

/** Whether a run has ended, one way or another. */
export const isOver = (run: Pick<RunView, 'state'>): boolean =>
  run.state === 'done' || run.state === 'stopped' || run.state === 'failed'

/** A change of a run's state. */
export const applyRun = (view: View, run: RunView): View => {
  const over = isOver(run)
  const { active_run } = view.conversation
  const active = over ? (active_run === run.id ? null : active_run) : run.id
  const tainted = [...new Set([...view.conversation.tainted_by, ...run.tainted_by])].sort()
  return {
    ...view,
    conversation: { ...view.conversation, active_run: active, tainted_by: tainted },
    run:
      view.run === null || view.run.id === run.id || view.run.created_at <= run.created_at ? run : view.run,
    partial: over && view.partial?.run === run.id ? null : view.partial,
  }
}

/** Any event; one that is not about this conversation changes nothing. `null` means: load it again. */
export const applyEvent = (view: View, event: Event): View | null => {
  const { id } = view.conversation
  if (event.type === 'entry') return event.conversation === id ? applyEntry(view, event.entry) : view
  if (event.type === 'delta') return event.conversation === id ? applyDelta(view, event) : view
  if (event.type === 'run') return event.run.conversation === id ? applyRun(view, event.run) : view
  return view
}
