/** What a run hands the skills on sealed values: the values, and the reader, who is asked through the gate as any model is. */
import { CastellanError, errorCodes, type Json, type Label } from '@castellan/contracts'
import { join, mayRead } from '@castellan/kernel'
import type { Database, Handle, Tenant } from '../database/index.ts'
import type { Invocation, Outcome } from '../invoke/index.ts'
import type { Answer, Prompt } from '../models/types.ts'
import { lookUp, type Seals } from '../sealed/index.ts'
import { modelCall } from './model-call.ts'
import { findFor } from './references.ts'
import { addUsage } from './runs.ts'
import { bitsSpent } from './standing.ts'
import type { AgentPorts, Persona, StoredEntry } from './types.ts'

/** The call of the skill that is to be served, and the run it belongs to. */
export interface Asking {
  readonly tenant: Tenant
  readonly database: Database
  readonly conversation: string
  readonly persona: Persona
  readonly lines: readonly StoredEntry[]
  /** The label of what the planner wrote: it is read together with the content. */
  readonly written: Label
  readonly invocation: Omit<Invocation, 'skill' | 'args'>
}

/** The port for one call. */
export function sealsFor(ports: AgentPorts, asking: Asking): Seals {
  const { tenant, database, conversation, persona, lines, invocation } = asking
  // A step that comes again must find as many bits as the first time.
  const before = lines.filter((line) => line.step !== invocation.step)
  return {
    bitsLeft: Math.max(0, persona.influenceBits - bitsSpent(before, invocation.run)),
    async value(handle) {
      const found = lookUp(handle, await findFor(tenant, database, conversation, lines, [handle]))
      if ('problem' in found) throw new CastellanError('not_found', found.problem)
      return found
    },
    async mayReveal(label) {
      return mayRead(label, (await ports.models.choose(tenant, persona.tier)).reader)
    },
    async read(prompt, label, attempt) {
      return writtenIn(await ports.invoke(await readerCall(ports, asking, prompt, label, attempt)))
    },
  }
}

/** The reader's call: judged, recorded and paid for like the planner's own. */
async function readerCall(
  ports: AgentPorts,
  { tenant, persona, conversation, lines, written, invocation }: Asking,
  prompt: Prompt,
  content: Label,
  attempt: number,
): Promise<Invocation> {
  const usual = await ports.models.choose(tenant, persona.tier)
  // What is private may still be read on this machine.
  const model = mayRead(content, usual.reader) ? usual : await ports.models.choose(tenant, 'local')
  return modelCall({
    ...invocation,
    step: `${invocation.step}.read.${attempt}`,
    prompt,
    model,
    conversation,
    by: 'reader',
    through: lines.at(-1)?.seq ?? 0,
    label: join(content, written),
    words: [],
    async keep(handle: Handle, outcome: Outcome) {
      if (outcome.kind === 'done')
        await addUsage(tenant, handle, invocation.run, (outcome.value as unknown as Answer).usage)
      return () => {}
    },
  })
}

/** What the reader wrote; null where the content itself may have kept it from writing. Rejects where it was not asked. */
function writtenIn(outcome: Outcome): string | null {
  if (outcome.kind === 'done') return (outcome.value as Json & { text: string }).text
  if (outcome.kind === 'failed' && outcome.code === 'model_failed' && outcome.retryable !== true) return null
  // A provider's words may quote what it was sent, and the planner is told of this.
  if (outcome.kind === 'failed') throw new CastellanError(outcome.code, errorCodes[outcome.code].doc)
  const why = outcome.kind === 'refused' ? outcome.why : 'The reader could not be asked.'
  throw new CastellanError('refused', why)
}
