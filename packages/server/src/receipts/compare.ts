/** Claims set beside what the ledger knows: the call that did it, the try that came to nothing, or no record. Pure. */
import type { Json, Receipt } from '@castellan/contracts'
import { type Claim, claimsIn } from './claims.ts'
import type { Deed } from './verbs.ts'

/** One call as the ledger recorded its end. */
export interface Act {
  readonly seq: number
  readonly run: string
  readonly skill: string
  /** Of the skill; null when there is no such skill any more. */
  readonly effect: string | null
  /** As it was made, references resolved; null once the body was erased. */
  readonly args: Json
  /** The ledger's word, e.g. `done:success`, `failed:outside_failed`, `refused`, `unknown`. */
  readonly outcome: string
}

/** Effects that a deed may be, and words in a skill's name that make it one whatever its effect is called. */
const kinds: Readonly<Record<Deed, readonly [effects: readonly string[], names: RegExp]>> = {
  send: [['send', 'publish'], /notify|send|post|mail|message|reply|forward|share|upload|submit/],
  write: [
    ['write', 'send', 'publish', 'admin'],
    /save|write|create|update|add|append|schedule|set|move|rename|store/,
  ],
  delete: [[], /delete|remove|erase|wipe|clear|trash|purge|empty|archive|cancel|unsubscribe/],
  spend: [['spend'], /book|pay|order|buy|transfer|reserve|wire|purchase/],
  execute: [['execute'], /run|exec|shell|install|deploy|start/],
  grant: [['grant', 'admin'], /share|invite|grant|access|authori[sz]e|unlock/],
}

/** Ends of a call after which the world is as the call wanted it. */
const good = new Set(['done:success', 'done:unchanged', 'done:created', 'done:replaced', 'done:sent'])
/** Deeds whose target the names in a sentence are; of the others, the object. */
const targeted: ReadonlySet<Deed> = new Set(['send', 'spend', 'grant'])

/** A receipt for every claim of a reply. Calls of its own run count first, those of earlier runs where it has none. */
export function receiptsFor(reply: string, run: string, acts: readonly Act[]): Receipt[] {
  return claimsIn(reply).map((claim) => {
    const fitting = acts.filter((act) => fits(claim, act))
    const own = fitting.filter((act) => act.run === run)
    return receiptOf(claim, own.length > 0 ? own : fitting)
  })
}

/** Whether a reply says anything that wants a receipt. */
export function claimsAnything(reply: string): boolean {
  return claimsIn(reply).length > 0
}

function receiptOf({ sentence, names, deed }: Claim, acts: readonly Act[]): Receipt {
  const claim = sentence.length > 300 ? `${sentence.slice(0, 299)}…` : sentence
  const wanted = names.filter((name) => isAddress(name) === targeted.has(deed))
  const naming = acts.filter((act) => wanted.every((name) => act.args === null || holds(act.args, name)))
  // Two files in one sentence may be two calls.
  const together = wanted.every((name) => acts.some((act) => good.has(act.outcome) && holds(act.args, name)))
  const done =
    naming.find((act) => good.has(act.outcome)) ??
    (together ? acts.find((act) => good.has(act.outcome)) : undefined)
  if (done !== undefined) return { claim, state: 'recorded', seq: done.seq }
  const unknown = naming.find((act) => act.outcome === 'unknown')
  if (unknown !== undefined) return { claim, state: 'unknown', seq: unknown.seq }
  const tried = naming.at(-1)
  return tried === undefined
    ? { claim, state: 'missing', seq: null }
    : { claim, state: 'refused', seq: tried.seq }
}

function fits({ deed }: Claim, { skill, effect }: Act): boolean {
  if (effect === 'read') return false
  const [effects, names] = kinds[deed]
  return (effect !== null && effects.includes(effect)) || names.test(skill)
}

function isAddress(name: string): boolean {
  return (
    name.includes('@') ||
    !/\.(?:md|txt|csv|json|ya?ml|pdf|docx?|xlsx?|pptx?|html?|png|jpe?g|svg|ics|eml|zip|sh|py|js|ts|log|xml|ini|toml|sql)$/.test(
      name,
    )
  )
}

function holds(args: Json, name: string): boolean {
  if (typeof args === 'string') return args.toLowerCase().includes(name)
  if (args === null || typeof args !== 'object') return false
  return Object.values(args).some((each) => holds(each, name))
}
