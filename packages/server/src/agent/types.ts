/** The agent's words and ports. */
import type { Attachment, Event, Json, Label, Receipt, TextRange, Tier } from '@castellan/contracts'
import type { Reader } from '@castellan/kernel'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Hearer } from '../http/index.ts'
import type { AnySkill, Budget, Invoke, Outcome } from '../invoke/index.ts'
import type { Answer, Prompt, ToolCall } from '../models/types.ts'
import type { Speakers } from './speakers.ts'

/** A named agent. An empty set of skills means none. */
export interface Persona {
  readonly name: string
  readonly prompt: string
  readonly skills: ReadonlySet<string>
  readonly tier: Tier
  /** Answers of the model within one run, at most. */
  readonly stepsPerRun: number
  readonly budget: Budget
  /** Foreign results reach its model as sealed values. */
  readonly sealed: boolean
  /** Bits of sealed content that a reader's answers may show its model in one run. */
  readonly influenceBits: number
}

/** The models as the agent needs them. */
export interface ModelPort {
  /** The model for a tier; rejects with `no_model` when there is none. */
  choose(tenant: Tenant, tier: Tier): Promise<{ name: string; reader: Reader }>
  /** Asks a model, streaming its text. Rejects with a `model_…` error. */
  answer(tenant: Tenant, name: string, prompt: Prompt): Promise<Answer>
}

/**
 * Gives uploaded files to the message of a run, in the transaction that stores it. Rejects with `not_found` unless each is
 * there and came with no other message.
 */
export type ClaimFiles = (
  who: Hearer,
  handle: Handle,
  run: string,
  paths: readonly string[],
) => Promise<readonly Attachment[]>

export interface AgentPorts {
  readonly database: Database
  readonly invoke: Invoke
  readonly models: ModelPort
  readonly skills: ReadonlyMap<string, AnySkill>
  readonly personas: ReadonlyMap<string, Persona>
  readonly claimFiles: ClaimFiles
  readonly publish: (tenant: Tenant, event: Event) => void
  /** Notes in whose name a conversation is held, before anything of it is published. */
  readonly speaks: Speakers['note']
  /** How long a question of a chat stays open, in milliseconds. */
  readonly questionOpenMs: (skill: string) => number
  readonly report: (message: string, facts: Record<string, unknown>) => void
}

/** A stored line of a conversation with its body read. */
export interface StoredEntry {
  readonly id: string
  readonly seq: number
  readonly run: string
  readonly step: string
  readonly at: string
  /** Of what of it reached the planner. */
  readonly label: Label
  /** Foreign sources of what it keeps from the planner. */
  readonly sealed: readonly string[]
  /** Bits of sealed content that it has shown the planner. */
  readonly influence: number
  readonly content: EntryContent
}

/** What a line says, by kind. */
export type EntryContent =
  | {
      readonly kind: 'owner'
      readonly text: string
      /** What of it was pasted. Absent in lines from before this was kept: then nobody knows, see `pastedOf`. */
      readonly pasted?: readonly TextRange[]
      /** Files that came with it; absent in lines from before there were any. */
      readonly attachments?: readonly Attachment[]
    }
  | {
      readonly kind: 'agent'
      readonly text: string
      readonly model: string
      readonly toolCalls: readonly ToolCall[]
      readonly finish: Answer['finish']
      /** The label of what the planner had before it besides its run's results; that of the line when it is not known. */
      readonly rest?: Label
      /** Bits of sealed content that reader's answers before it have shown the planner. */
      readonly influence?: number
      /** What it says was done, beside the ledger; written once the run has ended. */
      readonly receipts?: readonly Receipt[]
    }
  | { readonly kind: 'call'; readonly call: StoredCall }
  | { readonly kind: 'notice'; readonly text: string; readonly tone: 'plain' | 'problem' }

/** A skill call with what has become of it so far. */
export interface StoredCall {
  readonly callId: string
  readonly skill: string
  /** As the planner wrote them. */
  readonly args: Json
  /** The same with its references resolved; absent where it used none. */
  readonly became?: Json
  readonly outcome: Outcome
  /** Foreign sources that reach the planner first by this line. */
  readonly reads?: readonly string[]
}
