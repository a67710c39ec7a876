import { describe, expect, test } from 'vitest'
import { parseInstanceFile } from './file.ts'

function refusal(text: string): string {
  try {
    parseInstanceFile(text)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('was not refused')
}

test('gives a bare file one persona with every built-in skill', () => {
  const file = parseInstanceFile('name: home')
  expect(Object.keys(file.personas)).toEqual(['default'])
  expect(file.personas['default']).toMatchObject({ skills: '*', tier: 'medium', memory: 'shared' })
  expect(file.egress.allow).toEqual([])
})

test('takes an empty list of skills for none', () => {
  const file = parseInstanceFile('name: home\npersonas:\n  default:\n    skills: []\n')
  expect(file.personas['default']?.skills).toEqual([])
})

test('gives a persona that names no skills none', () => {
  const file = parseInstanceFile('name: home\npersonas:\n  default:\n    tier: light\n')
  expect(file.personas['default']?.skills).toEqual([])
})

describe('refuses by line', () => {
  const cases: [string, string, string][] = [
    [
      'an unknown key and says what was meant',
      'name: home\nport: 3000\nportt: 1',
      'castellan.yaml:3 portt is not known; did you mean port?',
    ],
    [
      'an unknown key further in',
      'name: home\npersonas:\n  default:\n    budget:\n      calls_a_day: 3',
      'castellan.yaml:5 personas.default.budget.calls_a_day is not known; did you mean calls_per_day?',
    ],
    [
      'an unlike key, naming those there are',
      'name: home\nzzzzzzzz: 1',
      'known here: name, port, personas, graphql, egress',
    ],
    ['a wrong type', 'name: home\nport: many', 'castellan.yaml:2 port must be of type number'],
    ['a port out of range', 'name: home\nport: 80', 'castellan.yaml:2 port'],
    ['a missing name', 'port: 3000', 'castellan.yaml:1 name is missing'],
    ['a name against the rule', 'name: My House', 'castellan.yaml:1 name must be 2–30 of a–z, 0–9 and -'],
    ['a long name', `name: ${'a'.repeat(31)}`, 'name must be 2–30'],
    [
      'personas without a default',
      'name: home\npersonas:\n  other: {}',
      'castellan.yaml:3 personas must have a persona named default',
    ],
    [
      'an unknown tier',
      'name: home\npersonas:\n  default:\n    tier: huge',
      'castellan.yaml:4 personas.default.tier must be one of light, medium, heavy, local',
    ],
    [
      'skills that are neither',
      'name: home\npersonas:\n  default:\n    skills: all',
      "castellan.yaml:4 personas.default.skills must be '*' or a list of skills",
    ],
    [
      'an exception without a port',
      'name: home\negress:\n  allow: [nas.local]',
      'castellan.yaml:3 egress.allow.0 must be host:port',
    ],
    ['a key twice', 'name: home\nname: other', 'castellan.yaml:2 has a key twice'],
    ['what is no YAML', 'name: [home', 'castellan.yaml:1 is not valid YAML'],
    ['a list', '- name', 'castellan.yaml:1 the file must be of type object'],
    ['a prototype', 'name: home\n__proto__:\n  x: 1', '__proto__ is not known'],
  ]
  test.each(cases)('%s', (_title, text, expected) => expect(refusal(text)).toContain(expected))

  test('an empty file', () => expect(refusal('')).toContain('name is missing'))
  test('aliases that multiply', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((letter, index) => {
        const before = 'abcdefgh'[index]
        return `${letter}: &${letter} [${Array(10).fill(`*${before}`).join(',')}]`
      }),
    ].join('\n')
    expect(refusal(bomb)).toContain('aliases')
  })
})
