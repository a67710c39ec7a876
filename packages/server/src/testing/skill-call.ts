/** Calls a skill's `run` as the gate would, for the skill's own tests: arguments parsed, defaults filled in. */
import { randomUUID } from 'node:crypto'
import { homeTenant } from '../database/index.ts'
import type { AnySkill, Skill, SkillContext, SkillResult } from '../invoke/index.ts'

/** Parses the arguments and runs the skill; every call is a new step of a new run unless `context` says otherwise. */
export async function callSkill(
  skill: AnySkill,
  args: { readonly [name: string]: unknown },
  context: Partial<SkillContext> = {},
): Promise<SkillResult> {
  const run = randomUUID()
  const { args: schema, run: act, branches } = skill as unknown as Skill<unknown>
  const result = await act(schema.parse(args), {
    tenant: homeTenant,
    principal: ['owner', 'agent:default'],
    run,
    step: '1',
    idempotencyKey: `${context.run ?? run}:${context.step ?? '1'}`,
    signal: new AbortController().signal,
    labels: { '': { sources: ['owner'], readers: 'everyone' } },
    ...context,
  })
  if (!branches.includes(result.branch))
    throw new TypeError(`${skill.name} took the undeclared branch ${result.branch}`)
  return result
}
