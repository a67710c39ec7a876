/**
 * A file of rules made to open the gate: by what a stranger can bring about, by breaking the engine, by a name that is
 * taken for another.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadPolicies } from '../../packages/server/src/policy/index.ts'
import { type Gatehouse, openGatehouse, tainted } from './gate.ts'

let house: Gatehouse
beforeAll(async () => {
  house = await openGatehouse()
})
afterAll(() => house.close())

const problemsOf = (text: string): string[] => {
  const loaded = loadPolicies(text)
  return 'problems' in loaded ? loaded.problems.map((each) => each.message) : []
}

describe('a rule that a stranger’s page would make true', () => {
  test.each([
    'permit (principal, action, resource) when { context.run.foreign };',
    'permit (principal, action, resource) unless { !context.strongForeign };',
    'permit (principal, action, resource) when { context has target && context.target.foreign };',
    'permit (principal, action, resource) when { context has content.sources && context.content.sources.contains("web:news.example") };',
    'permit (principal, action, resource) when { ["owner", "web:news.example"] == context.run.sources };',
    'permit (principal, action, resource) when { if context.run.foreign then true else context.anchored };',
    'forbid (principal, action, resource) unless { context.run.sources.containsAll(["web:news.example"]) };',
    'forbid (principal, action, resource) when { context.run.sources.isEmpty() };',
  ])('is refused, and nothing of its file is in force: %s', (rule) => {
    expect(problemsOf(rule)).not.toEqual([])
    expect(() =>
      house.gate({ policy: `@id("good") forbid (principal, action, resource);\n${rule}` }),
    ).toThrow()
  })

  test('what only asks whether there is a target at all is no such rule: who wrote it changes nothing', async () => {
    const policy =
      'permit (principal, action == Castellan::Action::"send", resource) when { context has target };'
    expect((await house.gate({ policy })(house.call({ facts: tainted }))).kind).toBe('done')
    expect((await house.gate({ policy })(house.call())).kind).toBe('done')
  })
})

describe('a text made to break the engine', () => {
  const many = 3000
  const bodies: readonly (readonly [string, string])[] = [
    ['brackets', `${'('.repeat(many)}true${')'.repeat(many)}`],
    ['negations', `${'!(!('.repeat(many)}true${'))'.repeat(many)}`],
    ['mixed', `${'(true && (false || '.repeat(many)}true${'))'.repeat(many)}`],
    ['sets', `${'['.repeat(many)}1${']'.repeat(many)} == [1]`],
    ['records', `${'{a: '.repeat(many)}1${'}'.repeat(many)} == {a: 1}`],
    ['branches', `${'if true then true else '.repeat(2500)}true`],
    ['members', `context${'.a'.repeat(many)}`],
    ['calls', `context.to${'.contains("a")'.repeat(many)}`],
    ['sums', `${Array(many).fill('1').join('+')} > 1`],
    ['ands', Array(many).fill('true').join(' && ')],
    ['brackets without an end', '('.repeat(60_000)],
    ['a string without an end', `"${'('.repeat(60_000)}`],
  ]
  test.each(bodies)('is refused before it, and it goes on: %s', async (_name, body) => {
    expect(problemsOf(`permit (principal, action, resource) when { ${body} };`)).not.toEqual([])
    expect((await house.gate()(house.call({ facts: tainted }))).kind).toBe('asks')
  })

  test('rules of a sensible size are not meant: many, long, and with brackets in their strings', () => {
    const hosts = Array.from({ length: 800 }, (_, n) => `"host-${n}.example"`).join(', ')
    const long = `@id("long") @says("((((") forbid (principal, action, resource) unless { [${hosts}].containsAll(context.to) };`
    const rules = Array.from(
      { length: 100 },
      (_, n) => `@id("r-${n}") forbid (principal, action, resource == Castellan::Skill::"s.${n}"); // ((((`,
    )
    expect(problemsOf([long, ...rules].join('\n'))).toEqual([])
  })
})

describe('a name that is taken for another', () => {
  test.each([
    ['Cyrillic', 'рroof-for-power'],
    ['a direction mark', 'proof\\u{202e}-for-power'],
    ['a line break', 'a\\nproof-for-power'],
    ['a colon', 'owner:proof'],
    ['nothing', ''],
  ])('is no id: %s', (_name, id) => {
    expect(problemsOf(`@id("${id}") permit (principal, action, resource);`)).toEqual([
      expect.stringContaining('an @id is'),
    ])
  })

  test('an invariant’s id does not replace the invariant', async () => {
    const policy = '@id("proof-for-power") permit (principal, action, resource);'
    const outcome = await house.gate({ policy })(house.call({ skill: 'test.execute' }))
    expect(outcome).toMatchObject({ kind: 'asks', decision: { factor: 'password' } })
  })

  test('a sentence is one line that can be seen', () => {
    const rule = (says: string) => `@id("a") @says("${says}") permit (principal, action, resource);`
    for (const says of ['a\\nb', 'a\\u{200b}b', 'a\\u{202e}b', 'x'.repeat(301)]) {
      expect(problemsOf(rule(says))).toEqual([expect.stringContaining('@says is one line')])
    }
    expect(problemsOf(rule('Größe ≥ 3: «ja» 🙂'))).toEqual([])
  })
})
