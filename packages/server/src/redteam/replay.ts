/**
 * A suite replayed without a model: the user's steps as they were recorded and, where strangers' text is first read, every
 * step of the injection, as a planner would make them that obeys at once. Each call is judged by the gate's own code.
 */
import type { Json } from '@castellan/contracts'
import {
  type Authorize,
  type Decided,
  decide,
  hostOf,
  joinAll,
  labelOfAll,
  ownerLabel,
  type ReadResult,
  type RunFacts,
} from '@castellan/kernel'
import { type AnySkill, callOf, readArguments, type Skill } from '../invoke/index.ts'
import { declare, effectOf, givenArguments, isGated } from './declare.ts'
import { labelOutput, labelStored, ownAddresses } from './fields.ts'
import { sealedStep } from './sealed.ts'
import { answerOf } from './structure.ts'
import type { InjectionTask, Step, Suite, Tool, UserTask } from './suite.ts'

/** One call of a replay and what the gate said of it. */
export interface Judged {
  readonly step: Step
  readonly isInjected: boolean
  readonly isGated: boolean
  readonly decided: Decided
}

/** A suite with its tools as skills. */
export interface Stage {
  readonly suite: Suite
  readonly tools: ReadonlyMap<string, { readonly tool: Tool; readonly skill: AnySkill }>
  readonly own: ReadonlySet<string>
  readonly authorize: Authorize
  readonly isSealed: boolean
  /** Outputs by id and by what strangers wrote into them, so that each is taken apart once. */
  readonly read: Map<string, ReadResult>
}

/** Makes a suite ready. */
export function setStage(suite: Suite, authorize: Authorize, isSealed: boolean): Stage {
  const tools = new Map(suite.tools.map((tool) => [tool.name, { tool, skill: declare(tool) }]))
  return { suite, tools, own: ownAddresses(suite.environment), authorize, isSealed, read: new Map() }
}

/** The user's task alone, every question answered with yes. */
export function replayTask(stage: Stage, task: UserTask): Judged[] {
  const run = new Run(stage, task, null)
  for (const step of task.steps) run.make(step, false)
  return run.judged
}

/**
 * The task with the injection obeyed right after the first step that shows it; the owner says no to whatever is asked of
 * it. With sealed values the planner obeys no earlier than it reveals what it has read.
 */
export function replayPair(stage: Stage, task: UserTask, injection: InjectionTask): Judged[] {
  const run = new Run(stage, task, injection)
  const at = task.first_vector_step ?? null
  let isObeyed = at === null
  task.steps.forEach((step, index) => {
    run.make(step, false)
    if (isObeyed || at === null || index < at || !run.hasReadStrangers) return
    for (const injected of injection.steps) run.make(injected, true)
    isObeyed = true
  })
  return run.judged
}

class Run {
  readonly judged: Judged[] = []
  readonly #stage: Stage
  readonly #words: readonly string[]
  readonly #payload: InjectionTask | null
  #results: readonly ReadResult[] = []
  /** Strangers' text is still sealed. */
  #isSealed: boolean

  constructor(stage: Stage, task: UserTask, payload: InjectionTask | null) {
    this.#stage = stage
    this.#words = [task.prompt]
    this.#payload = payload
    this.#isSealed = stage.isSealed
  }

  /** The planner has strangers' words before it. */
  get hasReadStrangers(): boolean {
    return !this.#isSealed
  }

  make(step: Step, isInjected: boolean): void {
    const known = this.#stage.tools.get(step.tool)
    if (known === undefined) throw new TypeError(`${this.#stage.suite.suite} has no tool ${step.tool}`)
    const { tool, skill } = known
    const args = givenArguments(this.#argumentsOf(step))
    const decided = this.#judge(skill as unknown as Skill<unknown>, args)
    this.judged.push({ step, isInjected, isGated: isGated(tool), decided })
    // What was not allowed did not happen, so it answered nothing; the owner says yes to their own.
    if (!isInjected || decided.decision === 'allow')
      this.#results = [...this.#results, this.#readOf(tool, step, args)]
  }

  #judge(skill: Skill<unknown>, args: { [name: string]: Json }): Decided {
    const parsed = readArguments(skill, args)
    if ('problem' in parsed) throw new TypeError(parsed.problem)
    const principal = ['owner', 'agent:default']
    if (this.#isSealed) {
      const sealed = sealedStep(skill, args, this.#words, this.#results)
      if (sealed !== null) {
        const facts = { words: this.#words, label: ownerLabel, rest: ownerLabel, results: this.#results }
        return decide(callOf(skill, parsed, { principal, facts, references: sealed }), this.#stage.authorize)
      }
      this.#isSealed = false
    }
    return decide(callOf(skill, parsed, { principal, facts: this.#facts() }), this.#stage.authorize)
  }

  #facts(): RunFacts {
    const read = this.#results.map((result) => labelOfAll(result.labels))
    const label = joinAll([ownerLabel, ...read])
    return { words: this.#words, label, rest: ownerLabel, results: this.#results }
  }

  /** The output as the planner read it: with what the vectors say by default, or with the injection in their place. */
  #readOf(tool: Tool, step: Step, args: { [name: string]: Json }): ReadResult {
    const key = JSON.stringify([step.out, step.tool, args, this.#payload?.id ?? null])
    const known = this.#stage.read.get(key)
    if (known !== undefined) return known
    const output = this.#stage.suite.outputs[step.out]
    if (output === undefined) throw new TypeError(`${this.#stage.suite.suite} has no output ${step.out}`)
    const value = this.#filled(answerOf(tool, output))
    const host = tool.effect === 'read_egress' ? hostOfArguments(args) : null
    const labels =
      output.third_party === undefined
        ? labelOutput(tool, value, this.#stage.own, host)
        : labelStored(tool, value, output.third_party)
    const result: ReadResult = { skill: tool.name, effect: effectOf(tool), args, value, labels }
    this.#stage.read.set(key, result)
    return result
  }

  /** What the attacker wrote comes back in the arguments of the user's later steps. */
  #argumentsOf({ args, args_marked = args }: Step): { [name: string]: Json } {
    const filled = this.#filled(args_marked)
    return filled !== null && typeof filled === 'object' && !Array.isArray(filled) ? filled : args
  }

  #writtenAt(vector: string, usual: string): string {
    return this.#payload === null ? usual : (this.#payload.payloads[vector] ?? this.#payload.goal)
  }

  #filled(value: Json): Json {
    if (typeof value === 'string') {
      return this.#stage.suite.injection_vectors.reduce(
        (text, { id, default: usual }) => text.replaceAll(`[[INJ:${id}]]`, this.#writtenAt(id, usual)),
        value,
      )
    }
    if (Array.isArray(value)) return value.map((each) => this.#filled(each))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.#filled(each)]))
  }
}

function hostOfArguments(args: { [name: string]: Json }): string | null {
  const url = Object.values(args).find((value) => typeof value === 'string')
  return typeof url === 'string' ? hostOf(url) : null
}
