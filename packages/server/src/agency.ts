/** Part of the composition: everything that acts. Skills, models, the gate, the agent, its questions. */
import { createEgress, providerFetch, type Resolve } from './adapters/egress/index.ts'
import { createAgent, createLive, createSpeakers, type ModelPort, modelSkill } from './agent/index.ts'
import { type Attachments, openAttachments } from './attachments/index.ts'
import { callerSkill } from './callers/index.ts'
import type { Tenant } from './database/index.ts'
import type { AtStop, Foundation } from './foundation.ts'
import type { Instance } from './instance/index.ts'
import { createBreakers, createGate, type GatePorts, systemClock } from './invoke/index.ts'
import { createModels, type Models, modelBreaker } from './models/index.ts'
import { personasOf } from './personas.ts'
import { createQuestions } from './questions/index.ts'
import { recorder } from './record.ts'
import type { Rules } from './rules.ts'
import { sense } from './sensor/index.ts'
import { builtinSkills, createReader, fileLabels, openWorkspaces } from './skills/index.ts'
import { createLeakScan } from './vault/index.ts'

/** What `castellan demo` puts in place of the real: the model's words, names of its own, and no gate. */
export interface DemoParts {
  readonly models: ModelPort
  readonly resolve: Resolve
  readonly unsafeWithoutGate: boolean
}

export type Agency = Awaited<ReturnType<typeof openAgency>>

/** Makes what acts, on the foundation. Rejects with `bad_configuration` for a persona that is wrong. */
export async function openAgency(
  instance: Instance,
  { tenant, database, vault, runtime, hub, log, rules }: Foundation & { rules: Rules },
  demo: DemoParts | undefined,
  atStop: AtStop,
) {
  const breakers = createBreakers()
  const onMended = (name: string) => breakers.close(modelBreaker(name))
  const models = createModels({ database, secrets: vault, providerFetch, onMended })
  const answering = demo?.models ?? withPatience(models, () => runtime.get('MODEL_TIMEOUT_SECONDS') * 1000)
  const { publish, note } = createSpeakers(hub.publish)
  const live = createLive(publish)
  const builtin = openSkills(instance, database, () => runtime.get('DISPLAY_TIMEZONE'), demo, atStop)
  const skills = new Map([...builtin, modelSkill(answering, live)].map((each) => [each.name, each]))
  const names = builtin.map((each) => each.name)
  const personas = personasOf(instance.configuration.file.personas, names)
  const gate = {
    ...{ database, breakers, sense },
    authorize: rules.keeper.authorize,
    clock: systemClock(),
    leaks: createLeakScan(vault),
    asked: (of, question) => publish(of, { type: 'question', question }),
    ...(demo === undefined ? {} : { unsafeWithoutGate: demo.unsafeWithoutGate }),
  } satisfies Omit<GatePorts, 'skills'>
  const invoke = createGate({ ...gate, skills })
  const invokeForCallers = gateForCallers(gate, models, answering)
  const attachments = openInbox(instance, tenant, database)
  const agent = createAgent(
    {
      ...{ database, invoke, models: answering, skills, personas, publish, speaks: note },
      ...{ claimFiles: attachments.claim, report: (message, facts) => log.error(facts, message) },
      questionOpenMs: () => runtime.get('APPROVAL_HOURS') * 3_600_000,
    },
    live,
  )
  const questions = createQuestions({ database, publish, wake: (question) => agent.wake(question) })
  return { models, builtin, personas, agent, questions, attachments, invokeForCallers }
}

/** The same gate over one skill: whatever a program sends, there is nothing else behind it. */
function gateForCallers(gate: Omit<GatePorts, 'skills'>, models: Models, answering: ModelPort) {
  const skill = callerSkill({
    enabled: (of) => models.enabled(of),
    answer: (of, name, prompt) => answering.answer(of, name, prompt),
    embed: (of, name, texts) => models.embed(of, name, texts),
  })
  return createGate({ ...gate, skills: new Map([[skill.name, skill]]) })
}

function openInbox({ paths }: Instance, tenant: Tenant, database: Foundation['database']): Attachments {
  const record = recorder(tenant).attachment
  const labels = fileLabels(database)
  const workspaces = openWorkspaces(paths.workspace)
  return openAttachments({ database, labels, record, workspaces, now: () => new Date() })
}

/** The models, given up after the silence that the owner allows them. */
function withPatience(models: Models, timeoutMs: () => number): ModelPort {
  return {
    choose: (tenant, tier) => models.choose(tenant, tier),
    answer: (tenant, name, prompt) => models.answer(tenant, name, { ...prompt, timeoutMs: timeoutMs() }),
  }
}

function openSkills(
  { configuration, paths }: Instance,
  database: Foundation['database'],
  timeZone: () => string | null,
  demo: DemoParts | undefined,
  atStop: AtStop,
) {
  const { personas, egress: options } = configuration.file
  const resolve = demo === undefined ? {} : { resolve: demo.resolve }
  const egress = createEgress({ allow: options.allow, ...resolve })
  atStop(() => egress.close())
  const reader = createReader()
  atStop(() => reader.close())
  const now = () => new Date()
  const memoryScope = (persona: string) => personas[persona]?.memory ?? persona
  const workspaces = openWorkspaces(paths.workspace)
  return builtinSkills({ egress, reader, database, workspaces, now, timeZone, memoryScope })
}
