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
import {
  decide,
  joinAll,
  label,
  labelOfAll,
  ownerLabel,
  type ReadResult,
  type RunFacts,
} from '@castellan/kernel'
import type { Persona } from './agent/index.ts'
import { readInstanceFile } from './configuration/index.ts'
import { type AnySkill, callOf, readArguments, type Skill } from './invoke/index.ts'
import { decisionView } from './invoke/say.ts'
import { personasOf } from './personas.ts'
import { type PolicyEngine, readPolicies } from './policy/index.ts'
import { builtinSkills } from './skills/index.ts'

/** An answer of `castellan explain --batch`. What cannot be judged is refused, as the gate would, and says why. */
export type Explanation = Decision & {
  readonly id?: string | number
  readonly principal?: readonly string[]
  readonly skill?: string
  readonly error?: { readonly code: string; readonly message: string }
}

/** What explaining rests on; made once for many requests. */
export interface Explainer {
  readonly engine: PolicyEngine
  readonly skills: ReadonlyMap<string, AnySkill>
  /** Null where no instance says what its personas may use: then every persona may use everything. */
  readonly personas: ReadonlyMap<string, Persona> | null
}

/** Judges calls as an instance would, or by the shipped policies alone. Rejects with `bad_configuration`. */
export async function openExplainer(
  directory: string | null,
): Promise<(request: ExplainRequest) => Explanation> {
  const skills = declaredSkills()
  const engine = await readPolicies(directory)
  const personas =
    directory === null ? null : personasOf((await readInstanceFile(directory)).personas, [...skills.keys()])
  return (request) => explain(request, { engine, skills, personas })
}

/** The answer to a request that is no request: refused, because nothing can be known of it. */
export function unreadable(code: string, message: string, id?: string | number): Explanation {
  const shown = id === undefined ? {} : { id }
  return { ...shown, decision: 'deny', rules: [code], arguments: [], why: message, error: { code, message } }
}

/** Answers one request. */
export function explain(request: ExplainRequest, { engine, skills, personas }: Explainer): Explanation {
  const { id } = request
  const skill = skills.get(request.skill) as Skill<unknown> | undefined
  if (skill === undefined) return unreadable('unknown_skill', `There is no skill ${request.skill}.`, id)
  const chain = chainOf(request.principal)
  const barred = chain.find((principal) => !mayUse(principal, skill.name, personas))
  if (barred !== undefined) {
    return unreadable('not_allowed_for_persona', `${barred} may not use ${skill.name}.`, id)
  }
  const parsed = readArguments(skill, request.args)
  if ('problem' in parsed) return unreadable('bad_request', parsed.problem, id)
  const decided = decide(
    callOf(skill, parsed, { principal: chain, facts: runFacts(request.run, skills) }),
    engine.authorize,
  )
  return {
    ...(id === undefined ? {} : { id }),
    principal: chain,
    skill: skill.name,
    ...decisionView(decided),
  }
}

/** A single principal acts for the owner. */
function chainOf(principal: ExplainRequest['principal']): string[] {
  if (typeof principal !== 'string') return principal
  return principal === 'owner' ? ['owner'] : ['owner', principal]
}

function mayUse(principal: string, skill: string, personas: Explainer['personas']): boolean {
  if (personas === null || !principal.startsWith('agent:')) return true
  return personas.get(principal.slice('agent:'.length))?.skills.has(skill) === true
}

type Step = NonNullable<ExplainRequest['run']>['steps'][number]

/** What a run knows after the owner's words and the steps it has made. */
function runFacts(run: ExplainRequest['run'], skills: ReadonlyMap<string, AnySkill>): RunFacts {
  if (run === undefined) return { words: [], label: ownerLabel }
  const words = typeof run.words === 'string' ? [run.words] : run.words
  const results = run.steps.map((step) => resultOf(skills.get(step.skill), step))
  const label = joinAll([ownerLabel, ...results.map((result) => labelOfAll(result.labels))])
  return { words, label, rest: ownerLabel, results }
}

/** A step's result as the run has read it. */
function resultOf(declared: AnySkill | undefined, step: Step): ReadResult {
  const { skill, args, output } = step
  const labels = { '': outputLabel(declared, skill, args) }
  const known =
    declared === undefined
      ? {}
      : { effect: declared.effect, roles: declared.roles, platform: declared.platform ?? [] }
  return { skill, args, value: output, labels, ...known }
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
    ...{ egress: absent, reader: absent, database: absent, workspaces: absent },
    now: () => new Date(0),
    timeZone: () => null,
    memoryScope: (persona) => persona,
  })
  return new Map(skills.map((skill) => [skill.name, skill]))
}
