/**
 * Frozen: what the shipped policies decide. A cell that becomes weaker lets through unasked what was asked about; whoever
 * changes one says in the commit which attack it opens and why that is right.
 */
import { type Effect, effects, factors } from '@castellan/contracts'
import { decide, label } from '@castellan/kernel'
import { expect, test } from 'vitest'
import { loadPolicies } from '../../packages/server/src/policy/index.ts'

const loaded = loadPolicies('')
if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
const { authorize, policies } = loaded.engine

const url = 'https://peer.example/'
const peer = { to: { name: 'peer.example', classes: [] }, what: ['/url', '/body'] }

const runs = {
  untainted: { words: [], sources: ['owner'] },
  /** The run has read a foreign page; the owner's words ask for each such effect, and name the target. */
  said: { words: [`pay, send and post it to ${url}, and save it`], sources: ['owner', 'web:news.example'] },
  /** The same, but they only name the target. */
  named: { words: [`use ${url} please`], sources: ['owner', 'web:news.example'] },
  /** The run has read a foreign page, and the target came from somewhere in it. */
  foreign: { words: [], sources: ['owner', 'web:news.example'] },
} as const
const ways = {
  /** Nothing leaves the house. */
  stays: { reaches: [], readers: 'everyone' },
  /** It leaves, and whom it reaches may read it. */
  leaves: { reaches: [peer], readers: 'everyone' },
  /** It leaves, and carries what only the owner may read. */
  unread: { reaches: [peer], readers: ['owner'] },
} as const

/** `allow`, `deny`, or the proof that is asked for, by run and by way. */
function rowOf(skill: string, effect: Effect): string {
  const cells = Object.values(runs).map(({ words, sources }) =>
    Object.values(ways).map(({ reaches, readers }) => {
      const decided = decide(
        {
          principal: ['owner', 'agent:default'],
          skill: { name: skill, effect, roles: { url: 'target', body: 'content' } },
          args: { url, body: 'hello' },
          reaches,
          run: { words, label: label(sources, readers) },
        },
        authorize,
      )
      return decided.factor ?? decided.decision
    }),
  )
  return cells.map((each) => each.join(' ')).join(' | ')
}

test('every effect, by what the run has read, where the target came from and whom it reaches', () => {
  //        untainted (stays leaves unread) | said (…) | named (…) | foreign (…)
  expect(Object.fromEntries(effects.map((effect) => [effect, rowOf('test.act', effect)]))).toEqual({
    read: 'allow allow click | allow allow click | allow allow click | allow click click',
    write: 'allow allow click | allow allow click | click click click | click click click',
    send: 'allow allow click | allow allow click | click click click | click click click',
    publish: 'allow allow click | allow allow click | click click click | click click click',
    spend: 'allow allow click | allow allow click | click click click | password password password',
    execute:
      'password password password | password password password | password password password | password password password',
    grant:
      'password password password | password password password | password password password | password password password',
    admin:
      'password password password | password password password | password password password | password password password',
  })
})

test('a stranger’s target by reference, in a run that has read nothing of theirs', () => {
  const decisions = effects.map((effect) => {
    const decided = decide(
      {
        principal: ['owner', 'agent:default'],
        skill: { name: 'test.act', effect, roles: { url: 'target', body: 'content' } },
        args: { url, body: 'hello' },
        references: { '/url': label(['web:news.example']) },
        reaches: [peer],
        run: { words: [], label: label(['owner']) },
      },
      authorize,
    )
    return [effect, decided.factor ?? decided.decision]
  })
  expect(Object.fromEntries(decisions)).toEqual({
    ...{ read: 'click', write: 'click', send: 'click', publish: 'click', spend: 'password' },
    ...{ execute: 'password', grant: 'password', admin: 'password' },
  })
})

test('telling the owner, and asking a model', () => {
  expect(rowOf('owner.notify', 'write')).toBe(
    'allow allow click | allow allow click | allow click click | allow click click',
  )
  expect(rowOf('model.generate', 'send')).toBe(
    'allow allow deny | allow allow deny | allow allow deny | allow allow deny',
  )
})

test('the proofs, weakest first', () => {
  expect(factors).toEqual(['none', 'click', 'password', 'totp', 'passkey'])
})

test('the shipped policies', () => {
  expect(policies.map(({ origin, id, says }) => [origin, id, says])).toEqual([
    [
      'invariant',
      'private-stays-from-models',
      'What is marked private goes to models on this machine only, whoever approves.',
    ],
    [
      'invariant',
      'proof-for-power',
      'Running programs, granting rights and administration need a second proof that it is you.',
    ],
    [
      'invariant',
      'proof-for-money',
      'Spending needs a second proof unless whom, how much and from where are all your own.',
    ],
    ['default', 'reads', 'Reading is allowed when nothing leaves the house by it.'],
    [
      'default',
      'reads-outside',
      'Reading from outside is allowed when every address is your own and its reader may see it.',
    ],
    [
      'default',
      'own-effects',
      'Effects are allowed when your words say whom they reach and what they touch, and whoever they reach may read them.',
    ],
    [
      'default',
      'rule-of-two',
      'A conversation that has read foreign text and private data acts unasked only within your words, whatever else allows it.',
    ],
    ['default', 'tell-the-owner', 'Telling you something is always allowed: it reaches nobody else.'],
    ['default', 'ask-a-model', 'Models you added may read what is not private.'],
    ['default', 'approved', 'What nothing forbids is allowed once you said yes to exactly this call.'],
  ])
})
