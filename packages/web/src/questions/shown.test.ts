/** A card must not move while somebody is about to press it. */
import type { QuestionView } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import { arrange } from './shown.ts'

const question = (id: string, minute: number, state: QuestionView['state'] = 'open'): QuestionView => ({
  ...{
    id,
    kind: 'call',
    run: id,
    conversation: null,
    step: 's',
    skill: 'file.write',
    effect: 'write',
    state,
  },
  ...{ sentence: id, why: '', principal: ['owner'], args: {}, arguments: [], leaves: null, rules: [] },
  ...{ places: [], fresh: { skill: false, targets: [] }, endorsable: null, endorsed: [] },
  ...{
    factor: 'click',
    created_at: '2026-11-22T00:00:00Z',
    decided_at: null,
    decided_by: null,
    decided_via: null,
  },
  expires_at: `2026-11-22T10:${String(minute).padStart(2, '0')}:00Z`,
})
const told = (list: readonly QuestionView[]): string[] => list.map((q) => `${q.id} ${q.state}`)

describe('arrange', () => {
  it('begins with the one that runs out first', () => {
    expect(told(arrange([], [question('b', 9), question('a', 3)], []))).toEqual(['a open', 'b open'])
  })

  it('puts a new one last, however soon it runs out', () => {
    const shown = [question('a', 3), question('b', 9)]
    expect(told(arrange(shown, [...shown, question('c', 1)], []))).toEqual(['a open', 'b open', 'c open'])
  })

  it('keeps an answered one in its place', () => {
    const shown = [question('a', 3), question('b', 9)]
    const after = arrange(shown, [question('b', 9)], [question('a', 3, 'denied')])
    expect(told(after)).toEqual(['a denied', 'b open'])
  })

  it('believes the answer before a list that was loaded earlier', () => {
    const shown = [question('a', 3)]
    expect(told(arrange(shown, shown, [question('a', 3, 'approved')]))).toEqual(['a approved'])
    expect(told(arrange([], shown, [question('a', 3, 'approved')]))).toEqual([])
  })

  it('says of one that vanished that it waits no more', () => {
    expect(told(arrange([question('a', 3)], [], []))).toEqual(['a void'])
  })
})
