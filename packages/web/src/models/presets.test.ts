/** What a preset makes must be what the server accepts. */
import { NewModel } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import { nameFor, presets } from './presets.ts'

describe('presets', () => {
  it.each(presets.filter((p) => p.id !== 'other').map((p) => [p.name, p] as const))(
    '%s is accepted with its example',
    (_, preset) => {
      const model = {
        name: nameFor(preset.example, []),
        provider: preset.provider,
        model: preset.example,
        tier: preset.tier,
        ...(preset.baseUrl === null ? {} : { base_url: preset.baseUrl }),
      }
      expect(NewModel.safeParse(model).success).toBe(true)
    },
  )
})

describe('nameFor', () => {
  it('makes a name that the contract allows, whatever the model is called', () => {
    for (const model of ['Qwen/Qwen3-8B', 'llama3.2:latest', '___', 'x'.repeat(90), 'Modèle été']) {
      expect(nameFor(model, [])).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/)
    }
  })

  it('avoids names that are taken', () => {
    expect(nameFor('llama3.2', ['llama3-2', 'llama3-2-2'])).toBe('llama3-2-3')
  })
})
