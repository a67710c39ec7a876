import type { PolicyRequest } from '@castellan/kernel'
import { describe, expect, it } from 'vitest'
import { loadPolicies, type PolicyEngine, type PolicyProblem } from './cedar.ts'

function load(ownerText = ''): PolicyEngine {
  const loaded = loadPolicies(ownerText)
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  return loaded.engine
}

function problemsOf(ownerText: string): PolicyProblem[] {
  const loaded = loadPolicies(ownerText)
  return 'problems' in loaded ? loaded.problems : []
}

/** An untainted `http.post` of the owner's own, unless said otherwise. */
function request(changes: Partial<PolicyRequest> = {}): PolicyRequest {
  const own = { foreign: false, sources: ['owner'], values: [] }
  return {
    principal: 'agent:default',
    chain: ['owner', 'agent:default'],
    effect: 'send',
    skill: 'http.post',
    folds: { target: { ...own, values: ['https://peer.example/'] }, content: own },
    strongForeign: false,
    to: ['peer.example'],
    unread: false,
    run: { foreign: false, sources: [], sensitive: false, influence: 0 },
    anchored: true,
    unsaid: false,
    approval: 'none',
    ...changes,
  }
}

describe('loading policies', () => {
  it('takes the shipped ones alone, each with an id and a sentence for the owner', () => {
    const { policies } = load()
    expect(new Set(policies.map((policy) => policy.origin))).toEqual(new Set(['invariant', 'default']))
    for (const { id, says } of policies) {
      expect(id).toMatch(/^[a-z-]+$/)
      expect(says).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('adds the owner’s, under names that cannot be taken for shipped ones', () => {
    const { policies } = load(`
      @id("reads") @says("I decide.") forbid (principal, action, resource) when { context.unread };
      forbid (principal, action == Castellan::Action::"grant", resource);`)
    const own = policies.filter((policy) => policy.origin === 'owner')
    expect(own.map(({ id, says }) => [id, says])).toEqual([
      ['owner:reads', 'I decide.'],
      ['owner:policy-2', ''],
    ])
  })

  it.each([
    ['text that is no Cedar', 'permit everything;', /unexpected token/],
    ['half a policy', 'forbid (principal, action, resource) when { context.', /unexpected end/],
    ['a template', 'forbid (principal == ?principal, action, resource);', /templates are not supported/],
    [
      'an unknown action',
      'permit (principal, action == Castellan::Action::"fly", resource);',
      /unrecognized action/,
    ],
    [
      'an unknown entity',
      'permit (principal == Castellan::User::"me", action, resource);',
      /unrecognized entity type/,
    ],
    [
      'an unknown member',
      'forbid (principal, action, resource) when { context.tainted };',
      /attribute `tainted`/,
    ],
    [
      'a member that may be absent',
      'forbid (principal, action, resource) when { context.target.foreign };',
      /try testing for the attribute's presence/,
    ],
    [
      'a comparison of unlike types',
      'forbid (principal, action, resource) when { context.approval < "click" };',
      /unexpected type/,
    ],
    [
      'a condition that is no yes or no',
      'forbid (principal, action, resource) when { context.approval };',
      /unexpected type/,
    ],
  ])('refuses %s, and says what is wrong', (_name, text, message) => {
    const problems = problemsOf(text)
    expect(problems).not.toEqual([])
    expect(problems[0]?.message).toMatch(message)
    expect(problems.every((problem) => problem.origin === 'owner')).toBe(true)
  })

  it('refuses two policies with one id, named by the owner or by their place', () => {
    const forbid = 'forbid (principal, action, resource) when { context.unread };'
    expect(problemsOf(`@id("a") ${forbid} @id("a") ${forbid}`)).toMatchObject([{ policy: 'owner:a' }])
    expect(problemsOf(`@id("policy-2") ${forbid} ${forbid}`)).toMatchObject([{ policy: 'owner:policy-2' }])
  })

  it('names the policy that is wrong and puts none of the file in force', () => {
    const good = '@id("good") forbid (principal, action, resource);'
    const bad = '@id("bad") forbid (principal, action, resource) when { context.tainted };'
    expect(problemsOf(`${good}\n${bad}`)).toEqual([
      {
        origin: 'owner',
        policy: 'owner:bad',
        line: 2,
        message: 'attribute `tainted` in context not found (did you mean `target`?)',
      },
    ])
  })

  it('lets engines that were loaded before go on with their own policies', () => {
    const first = load()
    const second = load('@id("no") forbid (principal, action, resource);')
    expect(first.authorize(request()).allowed).toBe(true)
    expect(second.authorize(request()).allowed).toBe(false)
    expect(first.authorize(request()).allowed).toBe(true)
  })
})

describe('an owner’s policy', () => {
  const everything = '@id("all") permit (principal, action, resource);'

  it('may allow more than the defaults do', () => {
    const tainted = request({
      run: { foreign: true, sources: ['web:x.example'], sensitive: false, influence: 0 },
      anchored: false,
    })
    expect(load().authorize(tainted).allowed).toBe(false)
    expect(load(everything).authorize(tainted)).toMatchObject({ allowed: true, rules: ['owner:all'] })
  })

  it.each<[string, Partial<PolicyRequest>, string]>([
    [
      'private text to a model elsewhere',
      { skill: 'model.generate', unread: true },
      'private-stays-from-models',
    ],
    ['execution without a second proof', { effect: 'execute', approval: 'click' }, 'proof-for-power'],
    ['a grant without a second proof', { effect: 'grant', approval: 'click' }, 'proof-for-power'],
    ['administration without a second proof', { effect: 'admin' }, 'proof-for-power'],
    ['spending for a foreign target', { effect: 'spend', strongForeign: true }, 'proof-for-money'],
  ])('cannot allow what an invariant forbids: %s', (_name, changes, rule) => {
    expect(load(everything).authorize(request(changes))).toMatchObject({ allowed: false, rules: [rule] })
  })

  describe('that allows everything, in a run that has read foreign text and private data', () => {
    const run = { foreign: true, sources: ['web:x.example'], sensitive: true, influence: 0 }
    const inTwo = (changes: Partial<PolicyRequest>) =>
      load(everything).authorize(request({ run, ...changes }))

    it.each<[string, Partial<PolicyRequest>]>([
      ['a foreign target', { strongForeign: true }],
      ['whoever may not read it', { unread: true }],
      ['what was not said', { unsaid: true }],
      ['what the words do not name', { anchored: false }],
      ['a note to the owner that leaves', { skill: 'owner.notify', effect: 'write', anchored: false }],
    ])('needs a yes for %s', (_name, changes) => {
      expect(inTwo(changes)).toMatchObject({ allowed: false, rules: ['rule-of-two'] })
      expect(inTwo({ ...changes, approval: 'click' }).allowed).toBe(true)
    })

    it.each(['write', 'send', 'publish', 'spend'])('needs a yes to %s', (effect) => {
      expect(inTwo({ effect, anchored: false }).allowed).toBe(false)
    })

    it.each<[string, Partial<PolicyRequest>]>([
      ['what is within the words', {}],
      ['a note to the owner', { skill: 'owner.notify', effect: 'write', to: [], anchored: false }],
      ['a model', { skill: 'model.generate', anchored: false }],
    ])('needs none for %s', (_name, changes) => {
      expect(inTwo(changes).allowed).toBe(true)
    })
  })

  it('cannot take the name of an invariant to replace it', () => {
    const engine = load('@id("proof-for-power") permit (principal, action, resource);')
    expect(engine.authorize(request({ effect: 'execute' })).allowed).toBe(false)
  })

  it('may forbid what the defaults allow, by any role’s values', () => {
    const engine = load(`@id("not-there") forbid (principal, action, resource)
      when { context has target && context.target.values.contains("https://peer.example/") };`)
    expect(engine.authorize(request())).toMatchObject({ allowed: false, rules: ['owner:not-there'] })
    const elsewhere = { target: { foreign: false, sources: ['owner'], values: ['https://other.example/'] } }
    expect(engine.authorize(request({ folds: elsewhere })).allowed).toBe(true)
    expect(engine.authorize(request({ folds: {} })).allowed).toBe(true)
  })
})

describe('the defaults', () => {
  it.each<[string, Partial<PolicyRequest>]>([
    ['an address that is not the owner’s', { strongForeign: true }],
    ['whoever may not read it', { unread: true }],
    ['what was not said', { unsaid: true }],
  ])('let nothing be read from outside with %s', (_name, changes) => {
    expect(load().authorize(request({ effect: 'read', ...changes })).allowed).toBe(false)
    expect(load().authorize(request({ effect: 'read' })).allowed).toBe(true)
  })

  it('ask for no second proof where a payment is all the owner’s own', () => {
    expect(load().authorize(request({ effect: 'spend' })).allowed).toBe(true)
  })
})

describe('an answer', () => {
  it('carries every error, so that a forbid that failed is not passed over', () => {
    const overflows =
      '@id("o") forbid (principal, action, resource) when { context.approval + 9223372036854775807 > 0 };'
    const engine = load(overflows)
    expect(engine.authorize(request()).errors).toEqual([])
    const { errors } = engine.authorize(request({ approval: 'click' }))
    expect(errors).toHaveLength(1)
    expect(errors[0]).toMatch(/^owner:o: .*overflow/)
  })

  it.each<[string, Partial<PolicyRequest>]>([
    ['an effect that does not exist', { effect: 'fly' }],
    ['an inherited name for an effect', { effect: 'constructor' }],
    ['no effect', { effect: '' }],
  ])('is an error for %s', (_name, changes) => {
    const verdict = load('permit (principal, action, resource);').authorize(request(changes))
    expect(verdict.allowed).toBe(false)
    expect(verdict.errors).not.toEqual([])
  })

  it.each(['"; permit(principal, action, resource);', '\0', '\ud800', '{{', '😀'.repeat(2000)])(
    'is not moved by names that look like something else',
    (odd) => {
      const engine = load(`@id("no") forbid (principal, action, resource == Castellan::Skill::"http.post");`)
      const folds = { target: { foreign: false, sources: [odd], values: [odd] } }
      const made = request({ chain: ['owner', odd], to: [odd], folds })
      expect(engine.authorize(made)).toMatchObject({ allowed: false, rules: ['owner:no'] })
      expect(engine.authorize({ ...made, skill: odd }).rules).not.toContain('owner:no')
      expect(engine.authorize({ ...made, principal: odd }).allowed).toBe(false)
    },
  )

  it('is an error for text that no JSON can express', () => {
    const verdict = load().authorize(request({ principal: 'agent:\ud800' }))
    expect(verdict.allowed).toBe(false)
    expect(verdict.errors).toHaveLength(1)
  })

  it('is final only when no approval can change it', () => {
    const engine = load(`
      @id("never") forbid (principal, action, resource == Castellan::Skill::"a.never");
      @id("asks") forbid (principal, action, resource == Castellan::Skill::"a.asks") when { context.approval < 2 };`)
    expect(engine.authorize(request({ skill: 'a.never' })).final).toBe(true)
    expect(engine.authorize(request({ skill: 'a.asks' })).final).toBe(false)
    expect(engine.authorize(request({ skill: 'model.generate', unread: true })).final).toBe(true)
    expect(engine.authorize(request({ effect: 'execute' })).final).toBe(false)
    const tainted = request({
      run: { foreign: true, sources: ['web:x.example'], sensitive: false, influence: 0 },
      anchored: false,
    })
    expect(engine.authorize(tainted)).toEqual({ allowed: false, rules: [], errors: [], final: false })
  })
})
