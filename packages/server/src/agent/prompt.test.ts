import type { FieldLabels, Json, Label } from '@castellan/contracts'
import { foreignSources, label, ownerLabel, systemLabel } from '@castellan/kernel'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { AnySkill } from '../invoke/index.ts'
import { askName, revealName, sealedAsk, sealedReveal } from '../sealed/index.ts'
import { buildPrompt } from './prompt.ts'
import type { EntryContent, Persona, StoredEntry } from './types.ts'

const web = label(['web:evil.example'])
const persona: Persona = {
  name: 'default',
  prompt: 'Be brief.',
  skills: new Set(['web.fetch']),
  tier: 'medium',
  stepsPerRun: 5,
  budget: { callsPerDay: 1, tokensPerDay: 1 },
  sealed: true,
  influenceBits: 32,
}
const decision = { decision: 'allow' as const, rules: [], arguments: [], why: 'Because.' }
const skills = new Map<string, AnySkill>([
  [revealName, sealedReveal()],
  [askName, sealedAsk()],
])
const showing = { skills, sealed: true }
const build = (lines: readonly StoredEntry[], run: string, how = showing) =>
  buildPrompt(persona, run, lines, [], how)

let seq = 0
function line(run: string, content: EntryContent, of: Label = systemLabel): StoredEntry {
  seq += 1
  return { id: `${seq}`, seq, run, step: `s${seq}`, at: '', label: of, sealed: [], influence: 0, content }
}

function call(run: string, skill: string, args: Json, value: Json, labels: FieldLabels): StoredEntry {
  const outcome = { kind: 'done' as const, branch: 'success', value, labels, decision }
  return line(run, { kind: 'call', call: { callId: 'c', skill, args, outcome } })
}

const said = (run: string, text: string) => line(run, { kind: 'owner', text, pasted: [] }, ownerLabel)

it('the label of a prompt is that of what it shows: sealed content adds nothing to it', () => {
  const lines = [said('a', 'Read it.'), call('a', 'web.fetch', {}, { text: 'evil' }, { '': web })]
  expect(build(lines, 'a').label).toEqual(label(['owner', 'system']))
  expect(build(lines, 'a', { skills, sealed: false }).label).toEqual(
    label(['owner', 'system', 'web:evil.example']),
  )
})

it('what was revealed, and what was written after it, taints every later prompt', () => {
  const page = call('a', 'web.fetch', {}, { text: 'evil' }, { '': web })
  const opened = call('a', revealName, { handle: `web_${page.seq}` }, { text: 'evil' }, { '': web })
  const lines = [said('a', 'Read it.'), page, opened]
  expect(build(lines, 'a').label.sources).toContain('web:evil.example')
  const written = line(
    'a',
    { kind: 'agent', text: 'I obey.', model: 'm', toolCalls: [], finish: 'stop' },
    web,
  )
  const later = [said('a', 'Read it.'), page, written, said('b', 'Thanks.')]
  expect(build(later, 'b').label.sources).toContain('web:evil.example')
  expect(build(later, 'b').rest.sources).toContain('web:evil.example')
})

it('a failure is told in words only where no stranger could have chosen them', () => {
  const failed = (skill: string, more: object) =>
    line('a', {
      kind: 'call',
      call: {
        callId: 'c',
        skill,
        args: {},
        outcome: { kind: 'failed', code: 'outside_failed', why: 'evil', decision, ...more },
      },
    })
  const told = (entry: StoredEntry) => JSON.stringify(build([said('a', 'Go.'), entry], 'a').prompt)
  expect(told(failed('web.fetch', { label: web }))).not.toContain('evil')
  expect(told(failed('web.fetch', {}))).not.toContain('evil')
  expect(told(failed('file.write', { label: systemLabel }))).toContain('evil')
})

/** Texts that can be told apart from everything else in a prompt. */
const marker = fc.integer({ min: 1e6, max: 1e9 }).map((n) => `zq${n.toString(36)}qz`)
const value = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    marker,
    fc.dictionary(marker, tie('value'), { maxKeys: 3 }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
})).value
const skill = fc.constantFrom('web.fetch', 'mail.read', 'memory.search', 'mcp.tool', askName)

it('no word of a stranger’s stands in a prompt, whatever they wrote and however a call ended', () => {
  const results = fc.array(
    fc.record({
      skill,
      value,
      run: fc.constantFrom('a', 'b'),
      ends: fc.constantFrom('done', 'failed', 'unknown', 'refused'),
    }),
    { minLength: 1, maxLength: 6 },
  )
  fc.assert(
    fc.property(results, (all) => {
      const lines = ['a', 'b'].flatMap((run) => [
        said(run, 'Have a look.'),
        ...all
          .filter((each) => each.run === run)
          .map((each) => {
            const text = JSON.stringify(each.value)
            if (each.ends === 'done') return call(run, each.skill, {}, each.value, { '': web })
            const base = { why: text, label: web, decision: { ...decision, rules: ['a-rule'] } }
            const outcome =
              each.ends === 'failed'
                ? ({ kind: 'failed', code: 'outside_failed', ...base } as const)
                : each.ends === 'unknown'
                  ? ({ kind: 'unknown', ...base } as const)
                  : ({ kind: 'refused', reason: 'policy', ...base } as const)
            const name = each.skill === askName ? 'web.fetch' : each.skill
            return line(run, { kind: 'call', call: { callId: 'c', skill: name, args: {}, outcome } })
          }),
      ])
      const built = build(lines, 'b')
      expect(JSON.stringify(built.prompt)).not.toMatch(/zq\w+qz/)
      expect(foreignSources(built.label)).toEqual([])
    }),
    { numRuns: 500 },
  )
})
