/**
 * What the gate would say of a call, without making it: the same declarations, the same policies, the same kernel.
 * Nothing is read, sent or stored.
 */
import {
  CastellanError,
  type Decision,
  type ExplainRequest,
  type FieldLabels,
  type Json,
} from '@castellan/contracts'
import { decide, joinAll, label, ownerLabel, type RunFacts } from '@castellan/kernel'
import type { AnySkill, Skill } from './invoke/index.ts'
import { decisionView, readArguments } from './invoke/say.ts'
import { type PolicyEngine, readPolicies } from './policy/index.ts'
import { builtinSkills } from './skills/index.ts'

/** An answer of `castellan explain --batch`. */
export type Explanation = { id?: string | number } & (
  | (Decision & { principal: string[]; skill: string })
  | { error: { code: string; message: string } }
)

/** Judges calls by the policies of an instance, or by the shipped ones alone. Rejects with `bad_configuration`. */
export async function openExplainer(
  directory: string | null,
): Promise<(request: ExplainRequest) => Explanation> {
  const engine = await readPolicies(directory)
  const skills = declaredSkills()
  return (request) => explain(request, skills, engine)
}

/** Answers one request; a request that cannot be judged is answered with an error, never with a decision. */
export function explain(
  request: ExplainRequest,
  skills: ReadonlyMap<string, AnySkill>,
  engine: PolicyEngine,
): Explanation {
  const id = request.id === undefined ? {} : { id: request.id }
  const skill = skills.get(request.skill) as Skill<unknown> | undefined
  if (skill === undefined)
    return { ...id, error: { code: 'not_found', message: `There is no skill ${request.skill}.` } }
  const parsed = readArguments(skill, request.args)
  if ('problem' in parsed) return { ...id, error: { code: 'bad_request', message: parsed.problem } }
  const principal = typeof request.principal === 'string' ? ['owner', request.principal] : request.principal
  const chain = principal[0] === principal[1] ? principal.slice(1) : principal
  const decided = decide(
    {
      principal: chain,
      skill: { name: skill.name, effect: skill.effect, roles: skill.roles },
      args: parsed.json,
      reaches: skill.leaves?.(parsed.args as never) ?? [],
      run: runFacts(request.run, skills),
    },
    engine.authorize,
  )
  return { ...id, principal: chain, skill: skill.name, ...decisionView(decided) }
}

/** What a run knows after the owner's words and the steps it has made. */
function runFacts(run: ExplainRequest['run'], skills: ReadonlyMap<string, AnySkill>): RunFacts {
  if (run === undefined) return { words: [], label: ownerLabel }
  const words = typeof run.words === 'string' ? [run.words] : run.words
  const read = run.steps.map((step) => outputLabel(skills.get(step.skill), step.skill, step.args))
  return { words, label: joinAll([ownerLabel, ...read]) }
}

/** The declared label of a step's result. An unknown skill, or arguments it refuses, leave the least trusted one. */
function outputLabel(
  declared: AnySkill | undefined,
  name: string,
  args: { [name: string]: Json },
): FieldLabels[string] {
  const skill = declared as Skill<unknown> | undefined
  const parsed = skill === undefined ? undefined : readArguments(skill, args)
  if (skill === undefined || parsed === undefined || 'problem' in parsed) return label([`unknown:${name}`])
  return skill.output(parsed.args as never)
}

/** The built-in skills as declarations: judged, never run. */
export function declaredSkills(): Map<string, AnySkill> {
  const absent = new Proxy(
    {},
    {
      get() {
        throw new CastellanError('internal', 'explain does not run skills')
      },
    },
  ) as never
  const skills = builtinSkills({
    ...{ egress: absent, reader: absent, database: absent, workspace: '/' },
    now: () => new Date(0),
    timeZone: () => null,
    memoryScope: (persona) => persona,
  })
  return new Map(skills.map((skill) => [skill.name, skill]))
}
