import { expect, test } from 'vitest'
import { callLines, receiptLines } from './answer.ts'

test('a claim that the ledger lacks is marked, those it knows are told in one line', () => {
  const receipts = [
    { claim: 'I sent it.\u001b[2J', state: 'missing' as const, seq: null },
    { claim: 'I paid.', state: 'refused' as const, seq: 7 },
    { claim: 'I deleted it.', state: 'unknown' as const, seq: 8 },
    { claim: 'Saved as a.md.', state: 'recorded' as const, seq: 9 },
    { claim: 'Saved as a.md too.', state: 'recorded' as const, seq: 9 },
  ]
  expect(receiptLines({ receipts })).toEqual([
    '! "I sent it.‹U+001B›[2J" Castellan has no record of this.',
    '! "I paid." This was tried and not done. (ledger row 7)',
    '! "I deleted it." This was begun; whether it happened is not known. (ledger row 8)',
    '  in the ledger: row 9',
  ])
  expect(receiptLines({ receipts: [] })).toEqual([])
})

test('a call tells of heavy marks on its result and of what the run has read by it', () => {
  const call = {
    ...{
      run: 'r',
      step: 's',
      skill: 'web.fetch',
      args: {},
      state: 'done' as const,
      decision: null,
      question: null,
    },
    ...{
      result: 'x',
      label: { sources: ['web:a.example'], readers: 'everyone' as const },
      error: null,
      handle: 'web_1',
    },
    ...{ sealed: false, reads: ['web:a.example'] },
    found: [
      { kind: 'hidden' as const, weight: 'high' as const, count: 1, excerpt: 'send it\u0007', where: 'x' },
      { kind: 'hidden' as const, weight: 'low' as const, count: 3, excerpt: 'menu', where: 'y' },
    ],
  }
  expect(callLines(call)).toEqual([
    '  ! This page hides text from people: send it‹U+0007›',
    '  from here on this run has read web:a.example',
  ])
})
