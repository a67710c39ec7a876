/**
 * The composition root: everything is made here, once, and handed to whoever needs it. Start order, readiness, and the
 * stop in reverse order stand in this file; nothing imports it but the package's door.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { launchDbos, stopDbos } from './adapters/dbos.ts'
import { createEgress, providerFetch, type Resolve } from './adapters/egress/index.ts'
import { startPostgres } from './adapters/postgres/index.ts'
import { takeLease } from './adapters/postgres/lease.ts'
import {
  agentRoutes,
  createAgent,
  createLive,
  type ModelPort,
  modelSkill,
  turnVersion,
} from './agent/index.ts'
import { startChores } from './chores.ts'
import { openRuntimeOptions, settingsRoutes } from './configuration/index.ts'
import { homeTenant, openDatabase } from './database/index.ts'
import { healthRoutes } from './doctor/index.ts'
import { createApp, eventHub, eventStream, listen } from './http/index.ts'
import { makeMetrics } from './http/metrics.ts'
import { loadPages } from './http/pages.ts'
import { prepareUi } from './http/ui.ts'
import { authRoutes, defaultLimits, makeIdentity, type SignInLink, sessionRoutes } from './identity/index.ts'
import type { Hold, Instance } from './instance/index.ts'
import { changedKeyBase } from './instance/index.ts'
import { createBreakers, createGate, systemClock } from './invoke/index.ts'
import { ledgerRoutes, openLedger } from './ledger/index.ts'
import { createLog } from './log.ts'
import { memoryRoutes } from './memory/index.ts'
import { createModels, modelRoutes } from './models/index.ts'
import { overviewRoutes } from './overview.ts'
import { personasOf } from './personas.ts'
import { readPolicies } from './policy/index.ts'
import { createQuestions, questionRoutes } from './questions/index.ts'
import { recorder } from './record.ts'
import { builtinSkills, createReader } from './skills/index.ts'
import { createLeakScan, deriveKey, openVault, secretRoutes } from './vault/index.ts'
import { version } from './version.ts'

export interface ServeOptions {
  readonly instance: Instance
  readonly hold: Hold
  /** Told in words what takes time or was repaired. */
  readonly tell: (words: string) => void
  /** The server cannot go on and has to be stopped. */
  readonly onFatal: (error: Error) => void
  /** Only `castellan demo` sets these: other words for the model, names of its own, and the gate taken away. */
  readonly demo?: {
    readonly models: ModelPort
    readonly resolve: Resolve
    readonly unsafeWithoutGate: boolean
  }
}

export interface RunningServer {
  readonly url: string
  makeLink(): Promise<SignInLink>
  stop(): Promise<void>
}

/** Starts an instance. What was started is stopped again when a later part fails. */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const started: (() => Promise<unknown> | unknown)[] = []
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end()
  }
  try {
    return await compose(options, (end) => started.push(end), stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function compose(
  { instance, hold, tell, onFatal, demo }: ServeOptions,
  atStop: (end: () => Promise<unknown> | unknown) => void,
  stop: () => Promise<void>,
): Promise<RunningServer> {
  const { configuration, paths, directory } = instance
  const { boot, file } = configuration
  const tenant = homeTenant
  const startedAt = new Date()

  const tls = await readTls(boot.TLS_CERT_FILE, boot.TLS_KEY_FILE)
  const host = boot.HOST === '127.0.0.1' ? 'localhost' : boot.HOST
  const listener = await listen({ host, port: boot.PORT, ...(tls === null ? {} : { tls }) })
  atStop(() => listener.stop())
  const ui = prepareUi({ caches: uiCaches(paths.run), onProgress: buildProgress(tell) })
    .then(loadPages)
    .catch((error: Error) => {
      tell(error.message)
      return undefined
    })

  const postgres = await startPostgres(paths.postgres, boot, tell)
  atStop(() => postgres.stop())
  const lease = await takeLease(postgres.appUrl, onFatal)
  atStop(() => lease.release())

  const secretKeyBase = boot.SECRET_KEY_BASE ?? ''
  const database = openDatabase(postgres.appUrl)
  atStop(() => database.close())
  const vault = openVault({ database, secretKeyBase, guarded: guardedSecrets(boot) })
  const checked = await vault.check(tenant)
  if (!checked.ok) throw changedKeyBase()
  await vault.leakIndex(tenant)
  const log = createLog({ level: boot.LOG_LEVEL, indexes: () => vault.knownIndexes() })
  const runtime = await openRuntimeOptions(database, tenant, configuration)
  const ledger = openLedger({
    database,
    checkpointFile: join(directory, 'ledger-checkpoints.jsonl'),
    signingSeed: deriveKey(secretKeyBase, 'ledger-checkpoint'),
  })
  atStop(() => ledger.checkpoint(tenant).catch((error) => log.warn({ error }, 'no checkpoint at stop')))

  const hub = eventHub((error) => log.error({ error }, 'an event listener failed'))
  const record = recorder(tenant)
  const identityOptions = {
    database,
    tenant,
    instance: instance.name,
    passwordFile: '.env.secrets',
    adminPassword: () => boot.ADMIN_PASSWORD ?? undefined,
    localToken: hold.token,
    url: listener.url,
    limits: () => ({
      ...defaultLimits,
      sessionMs: runtime.get('SESSION_HOURS') * 3_600_000,
      failures: runtime.get('SIGNIN_MAX_FAILURES'),
      blockMs: runtime.get('SIGNIN_BLOCK_MINUTES') * 60_000,
      authPerMinute: runtime.get('AUTH_RATE_LIMIT'),
    }),
    record: record.identity,
    now: Date.now,
  }
  const identity = makeIdentity(identityOptions)

  const egress = createEgress({
    allow: file.egress.allow,
    ...(demo === undefined ? {} : { resolve: demo.resolve }),
  })
  atStop(() => egress.close())
  const models = createModels({ database, secrets: vault, providerFetch })
  const live = createLive(hub.publish)
  const reader = createReader()
  atStop(() => reader.close())
  const now = () => new Date()
  const timeZone = () => runtime.get('DISPLAY_TIMEZONE')
  const memoryScope = (persona: string) => file.personas[persona]?.memory ?? persona
  const { workspace } = paths
  const builtin = builtinSkills({ egress, reader, database, workspace, now, timeZone, memoryScope })
  const answering: ModelPort = demo?.models ?? {
    choose: (of, tier) => models.choose(of, tier),
    answer: (of, name, prompt) =>
      models.answer(of, name, { ...prompt, timeoutMs: runtime.get('MODEL_TIMEOUT_SECONDS') * 1000 }),
  }
  const skills = new Map([...builtin, modelSkill(answering, live)].map((each) => [each.name, each]))
  const invoke = createGate({
    database,
    authorize: (await readPolicies(directory)).authorize,
    skills,
    breakers: createBreakers(),
    clock: systemClock(),
    leaks: createLeakScan(vault),
    asked: (of, question) => hub.publish(of, { type: 'question', question }),
    ...(demo === undefined ? {} : { unsafeWithoutGate: demo.unsafeWithoutGate }),
  })
  const personas = personasOf(
    file.personas,
    builtin.map((each) => each.name),
  )
  const agent = createAgent(
    {
      database,
      invoke,
      models: answering,
      skills,
      personas,
      publish: hub.publish,
      questionOpenMs: () => runtime.get('APPROVAL_HOURS') * 3_600_000,
      report: (message, facts) => log.error(facts, message),
    },
    live,
  )
  const questions = createQuestions({
    database,
    publish: hub.publish,
    wake: (question) => agent.wake(question),
    checkPassword: (_tenant, password, address) => identity.checkPassword({ password, address }),
  })

  const stream = eventStream(hub, {
    watch: (who, onEnd) => identity.sessions.watch(who, onEnd),
    isLive: (who) => identity.sessions.isLive(who),
  })
  const overview = overviewRoutes({
    instance: instance.name,
    database,
    models,
    personas,
    skills: builtin,
    stream,
  })
  const patient = {
    instance,
    pool: database.pool,
    version,
    startedAt,
    ready: () => isReachable(database),
    pids: () => postgres.pids(),
    models: async () => (await models.list(tenant)).filter((model) => model.enabled).length,
    vault: () => vault.check(tenant),
    uiBuilt: () => pages !== undefined,
  }
  const pages = await ui
  const metrics = makeMetrics(boot.METRICS_TOKEN ?? undefined, [])
  const app = createApp({
    identify: (claim) => identity.identify(claim),
    hosts: { port: listener.port, tls: tls !== null, public: [listener.url, ...boot.PUBLIC_ORIGINS] },
    trustedProxies: boot.TRUSTED_PROXIES,
    routes: {
      auth: [authRoutes(identity, identityOptions)],
      api: [
        overview,
        healthRoutes(patient),
        agentRoutes(agent),
        questionRoutes(questions),
        ledgerRoutes(ledger),
        modelRoutes(models),
        memoryRoutes({ database }),
        secretRoutes(vault),
        settingsRoutes(runtime, record.setting),
        sessionRoutes(identity, identityOptions),
      ],
      metrics: metrics.routes,
    },
    ...(pages === undefined ? {} : { pages }),
    ready: patient.ready,
    onAnswer: metrics.onAnswer,
    log,
  })

  await launchDbos({ url: postgres.appUrl, pool: database.pool, version: turnVersion, log: dbosLog(log) })
  atStop(() => stopDbos())
  atStop(() => agent.quiesce())
  const resumed = await agent.resume(tenant)
  if (resumed > 0) tell(`going on with ${resumed} unfinished ${resumed === 1 ? 'run' : 'runs'}`)
  atStop(startChores({ tenant, database, questions, ledger, hub, log }))
  atStop(() => stream.close())

  listener.serve(app.fetch)
  // First of all ends: whoever still asks is answered while there is still a house to ask.
  atStop(() => listener.stop())
  await hold.publish(listener.url)
  return { url: listener.url, makeLink: () => identity.makeLink(), stop }
}

async function readTls(certFile: string | null, keyFile: string | null) {
  if (certFile === null || keyFile === null) return null
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
  return { cert, key }
}

function uiCaches(run: string): string[] {
  return [fileURLToPath(new URL('../../../.cache/web', import.meta.url)), join(run, 'ui')]
}

function buildProgress(tell: (words: string) => void) {
  let told = 0
  return ({ modules }: { modules: number }) => {
    if (modules === 0) tell('building the pages (once)')
    else if (modules - told >= 500) {
      told = modules
      tell(`building the pages: ${modules} parts`)
    }
  }
}

/** Secrets that live in the cascade and must not leave either. */
function guardedSecrets(boot: Instance['configuration']['boot']): Record<string, string> {
  const names = [
    'ADMIN_PASSWORD',
    'SECRET_KEY_BASE',
    'CASTELLAN_APP_PASSWORD',
    'CASTELLAN_MIGRATE_PASSWORD',
    'CASTELLAN_API_PASSWORD',
    'METRICS_TOKEN',
  ] as const
  return Object.fromEntries(names.flatMap((name) => (boot[name] === null ? [] : [[name, boot[name]]])))
}

async function isReachable(database: { pool: { query(sql: string): Promise<unknown> } }): Promise<boolean> {
  return database.pool.query('select 1').then(
    () => true,
    () => false,
  )
}

function dbosLog(log: ReturnType<typeof createLog>) {
  return {
    debug: (message: string) => log.debug({ part: 'dbos' }, message),
    warn: (message: string) => log.warn({ part: 'dbos' }, message),
    error: (message: string) => log.error({ part: 'dbos' }, message),
  }
}
