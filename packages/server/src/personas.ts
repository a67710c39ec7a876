/** The personas of castellan.yaml as the agent takes them. */
import { CastellanError } from '@castellan/contracts'
import type { Persona } from './agent/index.ts'
import type { InstanceFile } from './configuration/index.ts'

/** Reads the personas; throws `bad_configuration` for a skill that does not exist. */
export function personasOf(file: InstanceFile['personas'], builtin: readonly string[]): Map<string, Persona> {
  const known = new Set(builtin)
  const personas = Object.entries(file).map(([name, persona]): Persona => {
    const skills = persona.skills === '*' ? builtin : persona.skills
    const unknown = skills.filter((skill) => !known.has(skill))
    if (unknown.length > 0) {
      const message = `castellan.yaml: persona ${name} names skills that do not exist: ${unknown.join(', ')}`
      throw new CastellanError('bad_configuration', message, { hint: `known skills: ${builtin.join(', ')}` })
    }
    return {
      name,
      prompt: persona.prompt,
      skills: new Set(skills),
      tier: persona.tier,
      stepsPerRun: persona.budget.steps_per_run,
      sealed: persona.sealed,
      influenceBits: persona.influence_bits,
      budget: { callsPerDay: persona.budget.calls_per_day, tokensPerDay: persona.budget.tokens_per_day },
    }
  })
  return new Map(personas.map((persona) => [persona.name, persona]))
}
