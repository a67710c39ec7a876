/** Part of the composition: how the house is entered. Identity, routes, pages. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Agency } from './agency.ts'
import { agentRoutes } from './agent/index.ts'
import { alertRoutes } from './alerts/index.ts'
import { attachmentRoutes } from './attachments/index.ts'
import { callerRoutes, openAiErrors, openCallers, v1Routes } from './callers/index.ts'
import { settingsRoutes } from './configuration/index.ts'
import { dataRoutes } from './data/index.ts'
import { healthRoutes } from './doctor/index.ts'
import { factorAccountRoutes, factorAuthRoutes } from './factors/index.ts'
import type { Foundation } from './foundation.ts'
import { graphqlRoutes, internalGraphqlRoutes, remembering } from './graphql/index.ts'
import { openHousehold } from './household.ts'
import { createApp, eventStream, type ServePages } from './http/index.ts'
import { makeMetrics } from './http/metrics.ts'
import { loadPages } from './http/pages.ts'
import { prepareUi } from './http/ui.ts'
import {
  authRoutes,
  defaultLimits,
  type IdentityOptions,
  type IdentityService,
  sessionRoutes,
} from './identity/index.ts'
import type { Instance } from './instance/index.ts'
import { ledgerRoutes } from './ledger/index.ts'
import { memoryRoutes } from './memory/index.ts'
import { modelRoutes } from './models/index.ts'
import { openOutside } from './outside-accounts.ts'
import { overviewRoutes } from './overview.ts'
import type { Paired } from './paired.ts'
import { deviceRoutes, pairingRoutes } from './pairing/index.ts'
import { policyRoutes } from './policy/index.ts'
import { offered } from './providers/index.ts'
import type { Proving } from './proving.ts'
import type { Queries } from './queries.ts'
import { questionRoutes } from './questions/index.ts'
import { recorder } from './record.ts'
import type { Rules } from './rules.ts'
import { openTables } from './tables.ts'
import { oauthRoutes, type Tokens, tokenRoutes, wellKnownRoutes } from './tokens/index.ts'
import { secretRoutes } from './vault/index.ts'
import { version } from './version.ts'

/** Who may come in, and by which limits. */
export function identityOptions(
  instance: Instance,
  token: string,
  parts: Foundation,
  between: Pick<IdentityOptions, 'bearers' | 'secondStep'>,
): IdentityOptions {
  const { tenant, database, limits, listener, runtime } = parts
  const { boot } = instance.configuration
  return {
    database,
    tenant,
    instance: instance.name,
    passwordFile: '.env.secrets',
    adminPassword: () => boot.ADMIN_PASSWORD ?? undefined,
    localToken: token,
    url: listener.url,
    limits: () => ({
      ...defaultLimits,
      sessionMs: runtime.get('SESSION_HOURS') * 3_600_000,
      failures: runtime.get('SIGNIN_MAX_FAILURES'),
      blockMs: runtime.get('SIGNIN_BLOCK_MINUTES') * 60_000,
      authPerMinute: runtime.get('AUTH_RATE_LIMIT'),
    }),
    limiter: limits,
    ...between,
    record: recorder(tenant).identity,
    offered: () => offered({ database }),
    now: Date.now,
  }
}

/** Builds the pages at the first start, else finds them. Without them the command line still works. */
export function openPages(run: string, tell: (words: string) => void): Promise<ServePages | undefined> {
  const caches = [fileURLToPath(new URL('../../../.cache/web', import.meta.url)), join(run, 'ui')]
  return prepareUi({ caches, onProgress: buildProgress(tell) })
    .then(loadPages)
    .catch((error: Error) => {
      tell(error.message)
      return undefined
    })
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

export interface FrontParts {
  readonly instance: Instance
  readonly foundation: Foundation
  readonly rules: Rules
  readonly agency: Agency
  readonly identity: IdentityService
  readonly proving: Proving
  readonly options: IdentityOptions
  readonly tokens: Tokens
  readonly pairing: Paired
  readonly queries: Queries
  readonly pages: ServePages | undefined
  readonly startedAt: Date
}

/** Puts the application together, ready to be served, with the stream of events to close at the stop. */
export function openFront(parts: FrontParts) {
  const { instance, foundation, identity, tokens, queries, pages } = parts
  const { boot } = instance.configuration
  const { tls, listener, log } = foundation
  const doors = openDoors(parts)
  const { stream, household, metrics, callers, patient } = doors
  const app = createApp({
    identify: (claim) => identity.identify(claim),
    hosts: { port: listener.port, tls, public: [listener.url, ...boot.PUBLIC_ORIGINS] },
    trustedProxies: boot.TRUSTED_PROXIES,
    routes: {
      auth: signInDoors(parts, doors),
      api: [...houseDoors(parts, doors), ...personDoors(parts, doors)],
      wellKnown: wellKnownRoutes(tokens),
      metrics: metrics.routes,
      v1: callers.v1,
      graphql: graphqlDoor(parts),
      internal: queries.internal.route('/', internalGraphqlRoutes(queries.keeper)),
    },
    ...(pages === undefined ? {} : { pages }),
    ready: patient.ready,
    onAnswer: metrics.onAnswer,
    log,
  })
  return { app, stream, household }
}

type Doors = ReturnType<typeof openDoors>

/** What stands behind the doors and is made once for all of them. */
function openDoors(parts: FrontParts) {
  const { instance, foundation, identity, options, proving, tokens, pairing } = parts
  const { boot } = instance.configuration
  const stream = eventStream(foundation.hub, {
    watch: (who, onEnd) => identity.sessions.watch(who, onEnd),
    isLive: async (who, claim) =>
      who.via === 'session'
        ? identity.sessions.isLive(who)
        : (await identity.identify(claim))?.role === who.role,
  })
  const shared = { foundation, identity, options, requireFresh: proving.requireFresh }
  const outside = openOutside({ ...shared, publicOrigins: boot.PUBLIC_ORIGINS })
  const household = openHousehold({
    ...{ ...shared, instance },
    checkSecond: (who, given) => proving.checkAtLink(who, given),
    forgetProofs: proving.forgetProofs,
    // Whatever a person holds besides sessions ends with their account.
    endAccess: [tokens.endAccess, pairing.endAccess, outside.endAccess],
  })
  const metrics = makeMetrics(boot.METRICS_TOKEN ?? undefined, [], [refusals(foundation)])
  return { stream, outside, household, metrics, callers: openCallerDoors(parts), patient: patientOf(parts) }
}

/** How one comes in. */
function signInDoors({ identity, options, proving, tokens, pairing }: FrontParts, doors: Doors) {
  return [
    authRoutes(identity, options),
    ...doors.household.auth,
    factorAuthRoutes(proving.options, identity, options),
    ...doors.outside.auth,
    oauthRoutes(tokens),
    deviceRoutes(pairing.options),
  ]
}

/** The rooms of the house. */
function houseDoors(parts: FrontParts, { stream, callers, patient }: Doors) {
  const { instance, foundation, rules, agency, proving } = parts
  const { tenant, database, vault, runtime, ledger } = foundation
  const { models, personas, builtin: skills } = agency
  return [
    overviewRoutes({ instance: instance.name, database, models, personas, skills, stream }),
    healthRoutes(patient),
    agentRoutes(agency.agent),
    attachmentRoutes(agency.attachments),
    questionRoutes(agency.questions, proving),
    ledgerRoutes(ledger),
    modelRoutes(models),
    memoryRoutes({ database }),
    alertRoutes(database),
    policyRoutes({ ...rules, ledger, ...proving }),
    secretRoutes(vault),
    settingsRoutes(runtime, recorder(tenant).setting, proving.requireFresh),
    callers.routes,
    dataRoutes(tablesOf(parts), proving.requireFresh),
  ]
}

/** People, and what each holds. */
function personDoors(
  { identity, options, proving, tokens, pairing }: FrontParts,
  { household, outside }: Doors,
) {
  return [
    sessionRoutes(identity, options),
    ...household.api,
    factorAccountRoutes(proving.options),
    ...outside.api,
    tokenRoutes(tokens),
    pairingRoutes(pairing.options),
  ]
}

function graphqlDoor({ identity, foundation: { runtime }, queries }: FrontParts) {
  return graphqlRoutes({
    ...{ keeper: queries.keeper, data: queries.catalog },
    identify: remembering(identity.identify, identity.sessions.watch, Date.now),
    limits: () => ({ depth: runtime.get('GRAPHQL_MAX_DEPTH'), cost: runtime.get('GRAPHQL_MAX_COST') }),
  })
}

/** A change of the owner's tables is GraphQL's to know at once. */
function tablesOf({ instance, foundation, queries }: FrontParts) {
  const { directory } = instance
  return openTables({ directory, ...foundation, onChange: () => queries.catalog.forget() })
}

/** Only by the name of the limit: an address in a label would be kept by whoever keeps the metrics. */
function refusals({ limits }: Foundation) {
  const help = 'Calls and attempts that a limit refused, by limit.'
  return { name: 'limits_refused_total', help, label: 'limit', read: () => limits.refusals() }
}

function openCallerDoors({ foundation, agency, proving: { requireFresh } }: FrontParts) {
  const { tenant, database, limits } = foundation
  const { models, invokeForCallers: invoke } = agency
  const record = recorder(tenant).caller
  const options = { ...{ tenant, database, limits, models, invoke, requireFresh, record }, now: Date.now }
  const callers = openCallers(options)
  return {
    routes: callerRoutes(callers, options),
    v1: { app: v1Routes(callers, options), errors: openAiErrors() },
  }
}

function patientOf({ instance, foundation, rules, agency, pages, startedAt }: FrontParts) {
  const { tenant, database, postgres, vault } = foundation
  const { pool } = database
  return {
    ...{ instance, pool, version, startedAt },
    ready: () =>
      pool.query('select 1').then(
        () => true,
        () => false,
      ),
    pids: () => postgres.pids(),
    models: async () => (await agency.models.list(tenant)).filter((model) => model.enabled).length,
    vault: () => vault.check(tenant),
    policy: () => rules.keeper.view(),
    uiBuilt: () => pages !== undefined,
  }
}
