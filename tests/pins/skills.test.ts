/**
 * Frozen: what each skill declares of itself. Decisions rest on it: a weaker effect or role lets more through unasked,
 * and a weaker `repeat` does an effect twice after a crash.
 */
import { expect, test } from 'vitest'
import { modelSkill } from '../../packages/server/src/agent/model-skill.ts'
import { declaredSkills } from '../../packages/server/src/explain.ts'
import type { AnySkill } from '../../packages/server/src/invoke/index.ts'

const declared = ({ effect, repeat, roles }: AnySkill) => ({ effect, repeat, roles })

test('the built-in skills', () => {
  const now = [...declaredSkills()].map(([name, skill]) => [name, declared(skill)])
  expect(Object.fromEntries(now)).toEqual({
    'web.fetch': {
      effect: 'read',
      repeat: 'safe',
      roles: { url: 'target', start: 'option', max_characters: 'option' },
    },
    'feed.fetch': {
      effect: 'read',
      repeat: 'safe',
      roles: { url: 'target', max_items: 'option', max_age_hours: 'time', only_new: 'option' },
    },
    'http.post': {
      effect: 'send',
      repeat: 'never',
      roles: { url: 'target', body: 'content', content_type: 'option' },
    },
    'file.read': {
      effect: 'read',
      repeat: 'safe',
      roles: { path: 'object', start: 'option', max_characters: 'option' },
    },
    'file.write': {
      effect: 'write',
      repeat: 'safe',
      roles: { path: 'object', text: 'content', replace: 'option' },
    },
    'file.list': { effect: 'read', repeat: 'safe', roles: { path: 'object' } },
    'memory.save': { effect: 'write', repeat: 'keyed', roles: { text: 'content' } },
    'memory.search': { effect: 'read', repeat: 'safe', roles: { query: 'object', max_items: 'option' } },
    'owner.notify': { effect: 'write', repeat: 'keyed', roles: { text: 'content' } },
    'time.now': { effect: 'read', repeat: 'safe', roles: { timezone: 'option' } },
    'sealed.reveal': { effect: 'read', repeat: 'safe', roles: { handle: 'object' } },
    'sealed.ask': {
      effect: 'read',
      repeat: 'safe',
      roles: { from: 'object', question: 'content', answer: 'option' },
    },
  })
})

test('asking a model', () => {
  expect(declared(modelSkill({} as never, {} as never))).toEqual({
    effect: 'send',
    repeat: 'safe',
    roles: { model: 'target', local: 'option', conversation: 'content', through: 'option', by: 'option' },
  })
})
