/** `memory.save` and `memory.search`: what a persona keeps for later conversations, with the labels it had. */
import { createHash } from 'node:crypto'
import { labelAt, systemLabel, unknownLabel } from '@castellan/kernel'
import * as z from 'zod'
import type { Database } from '../database/index.ts'
import { type AnySkill, type SkillContext, type SkillResult, skill } from '../invoke/index.ts'
import { type Memory, saveMemory, searchMemories } from '../memory/index.ts'
import { inCharacters } from './count.ts'
import { isStorable } from './reading/text.ts'

const SaveArgs = z.strictObject({
  text: z
    .string()
    .trim()
    .min(1)
    .max(8_000)
    .refine(isStorable, 'use plain text')
    .describe('One fact or note, understandable without the conversation it came from.'),
})
const SearchArgs = z.strictObject({
  query: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .refine(isStorable, 'use plain text')
    .describe('Words that the memory holds; "…" for a phrase, -word to exclude.'),
  max_items: z.int().min(1).max(50).default(10).describe('Most memories to return, best match first.'),
})

/** The memory that a persona uses; several may share one. */
export type ScopeOf = (persona: string) => string

/**
 * Whose memory a chain of principals uses: that of the innermost persona, else the owner's. Each member has one of their
 * own with every persona.
 */
function scopeFor(scopeOf: ScopeOf, principal: readonly string[]): string {
  const persona = principal.findLast((name) => name.startsWith('agent:'))?.slice('agent:'.length)
  const scope = persona === undefined ? 'owner' : scopeOf(persona)
  const [first = 'owner'] = principal
  return first.startsWith('member:') ? `${first}/${scope}` : scope
}

/** Makes `memory.save`. */
export function memorySave(database: Database, scopeOf: ScopeOf): AnySkill {
  return skill<z.infer<typeof SaveArgs>>({
    name: 'memory.save',
    summary: 'Remember a fact or note for later conversations.',
    effect: 'write',
    args: SaveArgs,
    roles: { text: 'content' },
    output: () => systemLabel,
    branches: ['success'],
    repeat: 'keyed',
    deadlineMs: 10_000,
    perMinute: 30,
    says: ({ text }) => `remember ${inCharacters(text)}`,
    async run({ text }, context) {
      const { tenant, run } = context
      const id = idFor(context)
      const label = labelAt(context.labels, '/text')
      const scope = scopeFor(scopeOf, context.principal)
      await saveMemory(tenant, database.as(tenant), { id, scope, text, label, run })
      return { branch: 'success', value: { saved: id }, labels: { '': systemLabel } }
    },
  })
}

/** Makes `memory.search`. */
export function memorySearch(database: Database, scopeOf: ScopeOf): AnySkill {
  return skill<z.infer<typeof SearchArgs>>({
    name: 'memory.search',
    summary: 'Search what was remembered in earlier conversations.',
    effect: 'read',
    args: SearchArgs,
    roles: { query: 'object', max_items: 'option' },
    // Every memory comes back with its own label; before they are read, nothing is known of them.
    output: () => unknownLabel,
    platform: ['/items/*/saved_at'],
    shape: ['/items/*/text'],
    branches: ['success', 'nothing_found'],
    repeat: 'safe',
    deadlineMs: 10_000,
    perMinute: 60,
    says: ({ query }) => `search its memory for "${query}"`,
    async run({ query, max_items }, { tenant, principal }) {
      const wanted = { words: query, limit: max_items, of: { scope: scopeFor(scopeOf, principal) } }
      return found(await searchMemories(tenant, database.as(tenant), wanted))
    },
  })
}

/** Each memory comes back with the label it was saved with. */
function found(memories: readonly Memory[]): SkillResult {
  const items = memories.map((memory) => ({ text: memory.text, saved_at: memory.savedAt.toISOString() }))
  const own = memories.map((memory, index) => [`/items/${index}`, memory.label] as const)
  return {
    branch: memories.length === 0 ? 'nothing_found' : 'success',
    value: { items },
    labels: { '': systemLabel, ...Object.fromEntries(own) },
  }
}

/** The same id for every attempt of one step, so that a repeated step saves nothing twice. */
function idFor({ tenant, idempotencyKey }: SkillContext): string {
  const hex = createHash('sha256').update(`${tenant} ${idempotencyKey}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
