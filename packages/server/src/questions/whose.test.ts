import { effects } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { answererOf, concerned, ownersEffects } from './whose.ts'

const mia = 'member:0b2e5a52-6a26-4a0e-9f4f-1f0b4f1c9a11'
const asked = (effect: string, first = mia) => ({ effect, principal: [first, 'agent:default'] })

test('a member answers for their own calls', () => {
  for (const effect of effects.filter((each) => !ownersEffects.includes(each))) {
    expect([effect, answererOf(asked(effect))]).toEqual([effect, mia])
    expect(concerned(asked(effect))).toEqual([mia])
  }
})

test('powers of the house are the owner’s to answer, whoever’s call it is', () => {
  for (const effect of ['execute', 'grant', 'admin']) {
    expect(answererOf(asked(effect))).toBe('owner')
    expect(concerned(asked(effect))).toEqual([mia, 'owner'])
    expect(concerned(asked(effect, 'owner'))).toEqual(['owner'])
  }
})

test('what names no member is the owner’s', () => {
  for (const first of ['owner', 'workflow:x', 'agent:default', ''])
    expect(answererOf(asked('send', first))).toBe('owner')
  expect(answererOf({ effect: 'send', principal: [] })).toBe('owner')
})
