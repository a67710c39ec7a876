import type { Entry } from '@castellan/contracts'
import { describe, expect, test } from 'vitest'
import { taintLines } from './taint.ts'

const call = (id: string, reads: string[]): Entry => ({
  ...{ kind: 'call', id, seq: 1, run: 'r', at: '2026-11-22T00:00:00Z' },
  call: {
    ...{
      run: 'r',
      step: 's',
      skill: 'web.fetch',
      args: {},
      state: 'done',
      decision: null,
      question: null,
      result: 'x',
    },
    ...{
      label: { sources: ['web:a.example'], readers: 'everyone' },
      error: null,
      handle: 'web_1',
      sealed: true,
      reads,
      found: [],
    },
  },
})

describe('the line "from here on"', () => {
  test('is not drawn for what stays sealed', () => {
    expect(taintLines([call('1', [])], [])).toEqual([])
  })

  test('is drawn where something is read, and again only for what is new', () => {
    const entries = [
      call('1', ['web:a.example']),
      call('2', ['web:a.example']),
      call('3', ['web:a.example', 'mail:b@c.example']),
    ]
    expect(taintLines(entries, ['mail:b@c.example', 'web:a.example'])).toEqual([
      { after: '1', sources: ['web:a.example'] },
      { after: '3', sources: ['mail:b@c.example'] },
    ])
  })

  test('stands at the top for what no line shows', () => {
    expect(taintLines([call('1', [])], ['pasted', 'model:x'])).toEqual([{ after: null, sources: ['pasted'] }])
  })
})
