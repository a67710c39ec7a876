/** What the gate is told about a call before it decides. Values only; loading and acting are the caller's. */
import type { Effect, Factor, Json, Label, Role } from '@castellan/contracts'
import type { Reader } from './label.ts'
import type { ReadResult } from './trace/result.ts'

/** The part of a skill's declaration that decisions rest on. */
export interface SkillFacts {
  readonly name: string
  readonly effect: Effect
  /** Role of every top-level argument. */
  readonly roles: { readonly [name: string]: Role }
  /** Words that people ask for it with, e.g. `archive`; needed where it is given a thing and nothing else. */
  readonly verbs?: readonly string[]
}

/** Someone outside the house whom some arguments reach. */
export interface Reach {
  readonly to: Reader
  /** JSON pointers of the arguments that reach them. */
  readonly what: readonly string[]
}

/** A value that the owner called right for the rest of the run, in one role and with some proof that it is they. */
export interface Endorsed {
  readonly role: Role
  readonly value: Json
  readonly factor: Factor
}

/** What is known of the run a call belongs to. */
export interface RunFacts {
  /** What the owner said in the current request, oldest first. Pasted and quoted text does not belong here. */
  readonly words: readonly string[]
  /** The join of the labels of everything the planner has read. */
  readonly label: Label
  /** What it has read for the current request, oldest first. Their labels are part of `label`. */
  readonly results?: readonly ReadResult[]
  /** The join of the labels of what it has read besides; all of `label` when that is not known. */
  readonly rest?: Label
  /** Bits of sealed content that reader's answers have told the planner; none when absent. */
  readonly influence?: number
  /** What the owner endorsed in this run. */
  readonly endorsed?: readonly Endorsed[]
}

export interface Call {
  /** Outermost first, e.g. `['owner', 'agent:default']`; the last one acts. */
  readonly principal: readonly string[]
  readonly skill: SkillFacts
  readonly args: { readonly [name: string]: Json }
  /** Labels of arguments given by reference, by JSON pointer. All others are literals and are traced. */
  readonly references?: { readonly [pointer: string]: Label }
  readonly reaches: readonly Reach[]
  readonly run: RunFacts
}
