/** Events are hints that may come late, twice or with gaps; the conversation on the page must not suffer. */
import { ConversationView, type Entry, RunView } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import { applyDelta, applyEntry, applyRun } from './apply.ts'
import { loadConversation, noteEvent } from './load.ts'

const conversation = crypto.randomUUID()
const run = crypto.randomUUID()
const at = '2026-11-21T12:00:00Z'

const view = ConversationView.parse({
  conversation: {
    id: conversation,
    title: 'Feeds',
    persona: 'default',
    created_at: at,
    updated_at: at,
    tainted_by: [],
    active_run: run,
  },
  entries: [
    { kind: 'owner', id: crypto.randomUUID(), seq: 1, run, at, text: 'hello', pasted: [], attachments: [] },
  ],
  run: null,
  partial: null,
})

const reply = (seq: number, sources: string[] = ['owner']): Entry => ({
  kind: 'agent',
  id: crypto.randomUUID(),
  seq,
  run,
  at,
  step: 's1',
  text: 'Hi',
  label: { sources, readers: 'everyone' },
  model: 'm',
  values: [],
  receipts: [],
})

const delta = (offset: number, text: string) => ({
  type: 'delta' as const,
  conversation,
  run,
  step: 's1',
  offset,
  text,
})

describe('entries', () => {
  it('keep their order by seq whenever they arrive', () => {
    const late = applyEntry(applyEntry(view, reply(5)), reply(3))
    expect(late.entries.map((e) => e.seq)).toEqual([1, 3, 5])
  })

  it('replace the line with the same id', () => {
    const first = reply(2)
    const twice = applyEntry(applyEntry(view, first), { ...first, seq: 2 })
    expect(twice.entries).toHaveLength(2)
  })

  it('end the streamed text they finish', () => {
    const streaming = applyDelta(view, delta(0, 'H'))
    expect(streaming?.partial?.text).toBe('H')
    expect(streaming && applyEntry(streaming, reply(2)).partial).toBeNull()
  })
})

describe('deltas', () => {
  it('add up', () => {
    const one = applyDelta(view, delta(0, 'Hel'))
    expect(one && applyDelta(one, delta(3, 'lo'))?.partial?.text).toBe('Hello')
  })

  it('ask for a load when one is missing', () => {
    expect(applyDelta(view, delta(4, 'x'))).toBeNull()
  })

  it('do not double what a load already brought', () => {
    const loaded = { ...view, partial: { run, step: 's1', text: 'Hello' } }
    expect(applyDelta(loaded, delta(3, 'l'))?.partial?.text).toBe('Hello')
    expect(applyDelta(loaded, delta(3, 'lo you'))?.partial?.text).toBe('Hello you')
  })

  it('of a new step begin a new text', () => {
    const loaded = { ...view, partial: { run, step: 's0', text: 'Old' } }
    expect(applyDelta(loaded, delta(0, 'New'))?.partial?.text).toBe('New')
  })
})

describe('runs', () => {
  const ended = RunView.parse({
    id: run,
    conversation,
    state: 'done',
    persona: 'default',
    tainted_by: ['web:a.example'],
    sealed_from: [],
    influence: { bits: 0, budget: 32 },
    usage: { input_tokens: 1, output_tokens: 1, model_calls: 1 },
    error: null,
    created_at: at,
    finished_at: at,
  })

  it('that end free the conversation and keep its taint', () => {
    const after = applyRun({ ...view, partial: { run, step: 's1', text: 'x' } }, ended)
    expect(after.conversation).toMatchObject({ active_run: null, tainted_by: ['web:a.example'] })
    expect(after.partial).toBeNull()
  })

  it('of another number do not end the active one', () => {
    expect(applyRun(view, { ...ended, id: crypto.randomUUID() }).conversation.active_run).toBe(run)
  })
})

describe('a load', () => {
  it('does not undo what the stream told while it was on its way', async () => {
    const answer = Promise.withResolvers<typeof view>()
    const loading = loadConversation(conversation, () => answer.promise)
    const late = reply(2)
    noteEvent({ type: 'entry', conversation, entry: late })
    noteEvent({ type: 'entry', conversation: crypto.randomUUID(), entry: reply(3) })
    answer.resolve(view)
    expect((await loading).entries.map((e) => e.seq)).toEqual([1, 2])
    noteEvent({ type: 'entry', conversation, entry: reply(4) })
    expect((await loading).entries).toHaveLength(2)
  })
})
