import type { Effect, Factor, Json } from '@castellan/contracts'
import { factors } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import type { Call } from './call.ts'
import { type Authorize, decide, type PolicyRequest, type Verdict } from './decide.ts'
import { label, ownerLabel } from './label.ts'

const page = label(['owner', 'web:news.example'])
const secret = label(['owner'], ['owner'])
const peer = { name: 'peer.example', classes: [] }

function call(changes: Partial<Call> & { effect?: Effect } = {}): Call {
  const { effect = 'send', ...rest } = changes
  return {
    principal: ['owner', 'agent:default'],
    skill: {
      name: 'http.post',
      effect,
      roles: { url: 'target', amount: 'amount', body: 'content', copy: 'target' },
    },
    args: { url: 'https://peer.example/', body: 'hello' },
    reaches: [{ to: peer, what: ['/url', '/body'] }],
    run: { words: [], label: ownerLabel },
    ...rest,
  }
}

const allows = (rule: string): Verdict => ({ allowed: true, rules: [rule], errors: [] })
const refuses = (...rules: string[]): Verdict => ({ allowed: false, rules, errors: [] })

/** A policy that wants a proof, and notes what it was asked. */
function wants(needed: Factor) {
  const asked: PolicyRequest[] = []
  const authorize: Authorize = (request) => {
    asked.push(request)
    const suffices = factors.indexOf(request.approval) >= factors.indexOf(needed)
    return suffices ? allows('yes') : refuses('not-yet')
  }
  return { authorize, asked }
}

describe('decide', () => {
  it('allows what the policy allows unasked', () => {
    expect(decide(call(), wants('none').authorize)).toMatchObject({ decision: 'allow', rules: ['yes'] })
  })

  it.each(factors.slice(1))('asks for %s when nothing weaker is enough', (needed) => {
    const { authorize, asked } = wants(needed)
    const decided = decide(call(), authorize)
    expect(decided).toMatchObject({ decision: 'ask', factor: needed, rules: ['not-yet', 'yes'] })
    expect(asked.map((each) => each.approval)).toEqual(factors.slice(0, factors.indexOf(needed) + 1))
  })

  it('refuses what no proof would allow, and names what stands in the way of the strongest', () => {
    const decided = decide(call({ effect: 'execute' }), (request) =>
      request.approval === 'none' ? refuses('never', 'needs-proof') : refuses('never'),
    )
    expect(decided).toMatchObject({ decision: 'deny', rules: ['never'] })
    expect(decided.why).toBe('It is refused: forbidden by never.')
  })

  it('tries no proof when the policy says that none would do', () => {
    let times = 0
    const decided = decide(call(), () => {
      times++
      return { ...refuses('never'), final: true }
    })
    expect([decided.decision, times]).toEqual(['deny', 1])
  })

  it('never asks about a call that comes with an approval', () => {
    for (const given of factors.slice(1)) {
      for (const needed of factors) {
        const expected = factors.indexOf(given) >= factors.indexOf(needed) ? 'allow' : 'deny'
        expect(decide(call(), wants(needed).authorize, given).decision).toBe(expected)
      }
    }
  })

  it.each<Factor>(['none', 'click', 'passkey'])('closes when the policy fails with proof %s', (failing) => {
    const decided = decide(call(), (request) =>
      request.approval === failing ? { ...allows('yes'), errors: ['owner:x: overflow'] } : refuses(),
    )
    expect(decided).toMatchObject({ decision: 'deny', rules: ['closed-by-default'] })
    expect(decided.why).toContain('owner:x: overflow')
  })

  it('decides nothing when the policy engine breaks', () => {
    const broken = () => {
      throw new Error('unreachable executed')
    }
    expect(() => decide(call(), broken)).toThrow('unreachable')
  })
})

describe('what a policy is told', () => {
  const requestFor = (made: Call) => decide(made, () => allows('any')).request

  it('folds all arguments of a role: one foreign target makes the targets foreign', () => {
    const args: { [name: string]: Json } = { url: 'https://peer.example/', copy: 'eve@x.example', body: 'hi' }
    const request = requestFor(call({ args, run: { words: ['https://peer.example/'], label: page } }))
    expect(request.folds).toEqual({
      target: {
        foreign: true,
        sources: ['owner', 'web:news.example'],
        values: ['https://peer.example/', 'eve@x.example'],
      },
      content: { foreign: true, sources: ['owner', 'web:news.example'], values: [] },
    })
    expect(request.strongForeign).toBe(true)
  })

  it('holds the words to every strong argument', () => {
    const run = { words: ['Send it to https://peer.example/'], label: page }
    expect(requestFor(call({ run })).anchored).toBe(true)
    const args = { url: 'https://peer.example/', copy: 'eve@x.example', body: 'hi' }
    expect(requestFor(call({ args, run })).anchored).toBe(false)
  })

  it('names all that was read for a role, not only what a value was taken from', () => {
    const mail = label(['mail:eve@x.example'])
    const results = [{ skill: 'mail.read', args: {}, value: { to: 'eve@x.example' }, labels: { '': mail } }]
    const run = { words: [], label: label(['owner', 'web:news.example', 'mail:eve@x.example']), results }
    const { folds } = requestFor(call({ args: { url: 'eve@x.example' }, run }))
    expect(folds.target?.sources).toEqual(['mail:eve@x.example', 'owner', 'web:news.example'])
  })

  it('says whether the run has read what is private, and what answers have told it', () => {
    expect(requestFor(call()).run).toMatchObject({ sensitive: false, influence: 0 })
    const run = { words: [], label: secret, influence: 3 }
    expect(requestFor(call({ run })).run).toMatchObject({ sensitive: true, influence: 3 })
  })

  it('does not count foreign content as a foreign target', () => {
    const request = requestFor(call({ run: { words: ['https://peer.example/'], label: page } }))
    expect(request.strongForeign).toBe(false)
    expect(request.folds.content?.foreign).toBe(true)
  })

  it('names who acts, the whole chain, and the sources of the run', () => {
    expect(requestFor(call({ run: { words: [], label: page } }))).toMatchObject({
      principal: 'agent:default',
      chain: ['owner', 'agent:default'],
      run: { foreign: true, sources: ['web:news.example'] },
      approval: 'none',
    })
    expect(requestFor(call({ principal: [] })).principal).toBe('unknown')
  })

  it.each<[string, Partial<Call>, boolean]>([
    ['what is the owner’s own', {}, false],
    ['what only the owner may read', { run: { words: [], label: secret } }, true],
    [
      'a secret that is not among what reaches them',
      { references: { '/body': secret, '/url': ownerLabel }, reaches: [{ to: peer, what: ['/url'] }] },
      false,
    ],
    [
      'a secret deep within what reaches them',
      {
        args: { body: { list: ['a', 'b'] } },
        references: { '/body/list/1': secret },
        reaches: [{ to: peer, what: ['/body'] }],
      },
      true,
    ],
    ['a pointer that leads nowhere', { reaches: [{ to: peer, what: ['/bodyy'] }] }, true],
    ['a pointer that only looks like a prefix', { reaches: [{ to: peer, what: ['/bod'] }] }, true],
    ['no pointer at all', { reaches: [{ to: peer, what: [] }] }, true],
    ['nobody', { run: { words: [], label: secret }, reaches: [] }, false],
    [
      'a secret that only the second of them is sent',
      {
        references: { '/url': ownerLabel, '/body': secret },
        reaches: [
          { to: peer, what: ['/url'] },
          { to: peer, what: ['/body'] },
        ],
      },
      true,
    ],
    [
      'a secret for someone who came by reference, whom nobody named',
      {
        run: { words: [], label: secret, rest: ownerLabel, results: [] },
        references: { '/url': ownerLabel },
      },
      true,
    ],
  ])('says whether someone is reached who may not read it: %s', (_name, changes, unread) => {
    expect(requestFor(call(changes)).unread).toBe(unread)
  })
})

describe('the explanation', () => {
  const foreign = { words: [], label: page }
  const explain = (changes: Parameters<typeof call>[0], needed: Factor, given?: Factor) =>
    decide(call(changes), wants(needed).authorize, given).why

  it.each<[string, Parameters<typeof call>[0], Factor, Factor | undefined, string]>([
    ['own', {}, 'none', undefined, 'Allowed: every part of it is your own.'],
    ['stays', { run: foreign, reaches: [] }, 'none', undefined, 'Allowed: nothing leaves the house by it.'],
    ['read', { run: foreign }, 'none', undefined, 'Allowed: whoever it reaches may read what it carries.'],
    [
      'unread',
      { run: { words: [], label: label(['web:news.example'], ['owner']) } },
      'none',
      undefined,
      'Allowed by the policy.',
    ],
    ['approved', { run: foreign }, 'click', 'click', 'Allowed by your approval.'],
    [
      'foreign target',
      { run: foreign },
      'click',
      undefined,
      'It needs your yes: url came from the web page news.example, not from you.',
    ],
    [
      'steered',
      { run: foreign, args: { body: 'hello' }, reaches: [{ to: peer, what: ['/body'] }] },
      'click',
      undefined,
      'It needs your yes: nothing of what you said names it, and this conversation has read the web page news.example, which may be steering it.',
    ],
    ['wanted', {}, 'click', undefined, 'It needs your yes: not-yet asks for one.'],
    [
      'influenced',
      { run: { words: [], label: ownerLabel, influence: 2 } },
      'click',
      undefined,
      'It needs your yes: not-yet asks for one; answers about sealed content (2 bits) may have steered it.',
    ],
    [
      'secret',
      { run: { words: [], label: secret } },
      'click',
      undefined,
      'It needs your yes: what it carries was not meant for peer.example.',
    ],
    [
      'power',
      { effect: 'execute' },
      'password',
      undefined,
      'It needs your yes: a call that can execute always needs a second proof that it is you.',
    ],
    [
      'weak proof',
      { effect: 'execute' },
      'password',
      'click',
      'It is refused: forbidden by not-yet; a call that can execute always needs a second proof that it is you.',
    ],
  ])('%s', (_name, changes, needed, given, why) => {
    expect(explain(changes, needed, given)).toBe(why)
  })

  it('says so when no rule speaks for the call', () => {
    expect(decide(call(), () => refuses()).why).toBe('It is refused: no rule allows it.')
    const silent: Authorize = ({ approval }) => (approval === 'none' ? refuses() : allows('approved'))
    expect(decide(call(), silent).why).toBe('It needs your yes: no rule allows it without one.')
  })
})
