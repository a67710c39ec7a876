/** The agent: conversations, durable turns, and what a client is told of them. */
import { randomUUID } from 'node:crypto'
import {
  type Accepted,
  CastellanError,
  type ConversationSummary,
  type ConversationView,
  type Entry,
  type Event,
  type RunResult,
  type RunView,
  type TextRange,
} from '@castellan/contracts'
import { DBOS } from '@dbos-inc/dbos-sdk'
import * as z from 'zod'
import type { Tenant } from '../database/index.ts'
import type { Speaker, Who } from '../http/index.ts'
import { voidQuestions } from '../questions/store.ts'
import { referencesIn } from '../sealed/index.ts'
import { entryView, loadEntries, loadRunEntries } from './entries.ts'
import { firstApproval } from './first-approval.ts'
import { loadConversations, type NewInput, saveConversation, saveInput } from './intake.ts'
import type { Live } from './live.ts'
import { findFor } from './references.ts'
import { resultOf } from './result.ts'
import { loadRunOf, loadUnfinished, updateRun } from './runs.ts'
import { findIn } from './shown.ts'
import { viewOfRun } from './step.ts'
import { createSteps } from './steps.ts'
import { answerTopic, registerTurn } from './turn.ts'
import type { AgentPorts } from './types.ts'
import { type RunWaits, runWaits } from './waiting.ts'

export { createLive, type Live } from './live.ts'
export { modelSkill } from './model-skill.ts'
export { type Deliver, deliverDue, loadNotices } from './outbox.ts'
export { agentRoutes } from './routes.ts'
export { createSpeakers, type Speakers } from './speakers.ts'
export { turnVersion } from './turn.ts'
export type { AgentPorts, ModelPort, Persona } from './types.ts'

export interface Agent {
  newConversation(
    who: Who,
    input: { title?: string; persona?: string; channel: string },
  ): Promise<ConversationSummary>
  /** A person's own; nobody sees another's. */
  conversations(who: Who): Promise<ConversationSummary[]>
  view(who: Who, conversation: string): Promise<ConversationView>
  /** Durable when it resolves; the turn then begins by itself. */
  accept(
    who: Speaker,
    conversation: string,
    input: {
      text: string
      pasted?: readonly TextRange[]
      attachments?: readonly string[]
      channel: string
      externalId?: string
    },
  ): Promise<Accepted>
  /** Begins a call that asks, without a model, so that a new owner sees one question before it matters. */
  firstApproval(who: Speaker): Promise<Accepted>
  run(who: Who, run: string): Promise<RunView>
  stop(who: Who, run: string): Promise<RunView>
  /** Waits until the run has ended, or asks something, or the time is over; then says how it stands. */
  result(who: Who, run: string, until: 'done' | 'question', signal: AbortSignal): Promise<RunResult>
  /** Tells a waiting run that its question has been answered. */
  wake(question: { id: string; run: string }): Promise<void>
  /** Leaves every turn as it is from now on. To be called before DBOS is stopped. */
  quiesce(): void
  /** Goes on with what an earlier process left unfinished. To be called once DBOS is launched. */
  resume(tenant: Tenant): Promise<number>
}

/** Makes the agent and registers its workflow; to be called once per process, before DBOS is launched. */
export function createAgent(ports: AgentPorts, live: Live): Agent {
  let stopping = false
  const stops = new Map<string, AbortController>()
  const waits = runWaits()
  const publish = (tenant: Tenant, event: Event) => {
    ports.publish(tenant, event)
    if (event.type === 'run') {
      waits.changed(event.run.id)
      if (event.run.finished_at !== null) stops.delete(event.run.id)
    }
  }
  const stopOf = (run: string) => {
    const stop = stops.get(run) ?? new AbortController()
    stops.set(run, stop)
    return stop
  }
  const steps = createSteps({ ...ports, publish }, (run) => stopOf(run).signal)
  const turn = registerTurn(steps, start, () => stopping)

  async function start(tenant: Tenant, run: string): Promise<void> {
    await DBOS.startWorkflow(turn, { workflowID: run })(tenant, run)
  }

  const seals = (persona: string) => ports.personas.get(persona)?.sealed ?? true

  async function take(who: Speaker, input: Omit<NewInput, 'seals' | 'claimFiles'>): Promise<Accepted> {
    const { claimFiles } = ports
    const { tenant } = who
    const accepted = await saveInput(who, ports.database, { ...input, seals, claimFiles })
    if (accepted === null) throw new CastellanError('not_found', 'There is no such conversation.')
    const { run, conversation, entry, line } = accepted
    ports.speaks(conversation, who.principal)
    const view = line === null ? null : entryView(line)
    if (view !== null) publish(tenant, { type: 'entry', conversation, entry: view })
    if (accepted.start) {
      // The message is durable already: should starting fail, the next start of the server finds it.
      start(tenant, run).catch((error) => ports.report('a turn could not be started', { run, error }))
    }
    return { run, conversation, entry }
  }

  return {
    ...readers(ports, live, waits),
    newConversation(who, { title = '', persona = 'default', channel }) {
      if (!ports.personas.has(persona))
        throw new CastellanError('not_found', `There is no persona ${persona}.`)
      return saveConversation(who, ports.database, { title, persona, channel })
    },
    accept: (who, id, { pasted = [], attachments = [], externalId = randomUUID(), ...input }) =>
      take(who, { ...input, conversation: idOf(id), externalId, pasted, attachments }),
    async firstApproval(who) {
      const { id } = await this.newConversation(who, { title: 'Your first approval', channel: 'web' })
      return take(who, {
        conversation: id,
        channel: 'web',
        externalId: randomUUID(),
        attachments: [],
        ...firstApproval,
      })
    },
    async stop(who, run) {
      const { tenant } = who
      await this.run(who, run)
      // First of all: a call that comes to ask from now on sees it, and what asked before is found below.
      stopOf(idOf(run)).abort(new DOMException('The owner stopped the run.', 'AbortError'))
      const { row, voided } = await ports.database
        .as(tenant)
        .transaction()
        .execute(async (handle) => ({
          row: await updateRun(tenant, handle, run, { stop_requested: true }),
          voided: await voidQuestions(tenant, handle, run),
        }))
      if (row === null) stops.delete(run)
      for (const question of voided) {
        publish(tenant, { type: 'question', question })
        await this.wake(question)
      }
      return this.run(who, run)
    },
    wake: ({ id, run }) => DBOS.send(run, 'answered', answerTopic(id), id),
    quiesce() {
      stopping = true
    },
    async resume(tenant) {
      const unfinished = await loadUnfinished(tenant, ports.database)
      for (const run of unfinished) {
        const status = await DBOS.getWorkflowStatus(run)
        if (status === null) await start(tenant, run)
        else if (status.status !== 'PENDING' && status.status !== 'ENQUEUED')
          await steps.end(tenant, run, { state: 'failed', error: 'The run was broken off.' })
      }
      return unfinished.length
    },
  }
}

/** The questions a client may ask about conversations and runs. */
function readers(
  ports: AgentPorts,
  live: Live,
  waits: RunWaits,
): Pick<Agent, 'conversations' | 'view' | 'run' | 'result'> {
  const run = async (who: Who, id: string) => {
    const handle = ports.database.as(who.tenant)
    const row = await loadRunOf(who, handle, idOf(id))
    if (row === null) throw new CastellanError('not_found', 'There is no such run.')
    return viewOfRun(ports, who.tenant, handle, row)
  }
  return {
    run,
    conversations: (who) => loadConversations(who, ports.database),
    async view(who, id) {
      const [conversation] = await loadConversations(who, ports.database, idOf(id))
      if (conversation === undefined) throw new CastellanError('not_found', 'There is no such conversation.')
      const lines = await loadEntries(who.tenant, ports.database.as(who.tenant), id)
      const find = findIn(lines)
      const active = conversation.active_run
      return {
        conversation,
        entries: lines.map((line) => entryView(line, find)).filter((entry): entry is Entry => entry !== null),
        run: active === null ? null : await run(who, active),
        partial: active === null ? null : live.partial(active),
      }
    },
    async result(who, id, until, signal) {
      const { tenant } = who
      for (;;) {
        const change = waits.next(id, signal)
        const row = await loadRunOf(who, ports.database.as(tenant), idOf(id))
        const settled =
          row === null || row.finished_at !== null || (until === 'question' && row.state === 'waiting')
        if (settled || signal.aborted) break
        await change
      }
      const view = await run(who, id)
      const lines = await loadRunEntries(tenant, ports.database, id)
      const handles = lines.flatMap(({ content }) =>
        content.kind === 'agent' ? referencesIn(content.text) : [],
      )
      return resultOf(view, lines, await findFor(tenant, ports.database, view.conversation, lines, handles))
    },
  }
}

function idOf(id: string): string {
  if (!z.uuid().safeParse(id).success) throw new CastellanError('not_found', 'There is nothing with that id.')
  return id
}
