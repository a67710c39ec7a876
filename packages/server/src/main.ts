/**
 * The composition root: what is made, in which order, and the stop in reverse order. Nothing imports it but the
 * package's door.
 */
import { launchDbos, stopDbos } from './adapters/dbos.ts'
import { type DemoParts, openAgency } from './agency.ts'
import { turnVersion } from './agent/index.ts'
import { startChores } from './chores.ts'
import { openTokens } from './credentials.ts'
import { type AtStop, type Foundation, layFoundation } from './foundation.ts'
import { identityOptions, openFront, openPages } from './front.ts'
import { makeIdentity, type SignInLink } from './identity/index.ts'
import type { Hold, Instance } from './instance/index.ts'
import { openPairing } from './paired.ts'
import { openProving } from './proving.ts'
import { openQueries } from './queries.ts'
import { openRules } from './rules.ts'

export interface ServeOptions {
  readonly instance: Instance
  readonly hold: Hold
  /** Told in words what takes time or was repaired. */
  readonly tell: (words: string) => void
  /** The server cannot go on and has to be stopped. */
  readonly onFatal: (error: Error) => void
  /** Only `castellan demo` sets this. */
  readonly demo?: DemoParts
}

export interface RunningServer {
  readonly url: string
  makeLink(): Promise<SignInLink>
  stop(): Promise<void>
}

/** Starts an instance. What was started is stopped again when a later part fails. */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  const started: Parameters<AtStop>[0][] = []
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end()
  }
  try {
    return { ...(await compose(options, (end) => started.push(end))), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function compose(
  { instance, hold, tell, onFatal, demo }: ServeOptions,
  atStop: AtStop,
): Promise<Omit<RunningServer, 'stop'>> {
  const startedAt = new Date()
  const building = openPages(instance.paths.run, tell)
  const foundation = await layFoundation(instance, tell, onFatal, atStop)
  const { tenant, listener, postgres, database, log } = foundation
  const entrance = openEntrance(instance, hold, foundation)
  const { identity, tokens, pairing } = entrance
  const rules = await openRules(instance, foundation, tell, atStop)
  const agency = await openAgency(instance, { ...foundation, rules }, demo, atStop)
  const { agent, questions, attachments } = agency
  const queries = await openQueries(instance, foundation, atStop)
  const pages = await building
  const parts = {
    ...{ ...entrance, instance, foundation, rules, agency },
    ...{ queries, pages, startedAt },
  }
  const { app, stream, household } = openFront(parts)
  atStop(() => household.stop())

  await launchDbos({ url: postgres.appUrl, pool: database.pool, version: turnVersion, log: dbosLog(log) })
  atStop(() => stopDbos())
  atStop(() => agent.quiesce())
  const resumed = await agent.resume(tenant)
  if (resumed > 0) tell(`going on with ${resumed} unfinished ${resumed === 1 ? 'run' : 'runs'}`)
  atStop(startChores({ ...foundation, questions, attachments, tokens, pairing }))
  atStop(() => stream.close())

  listener.serve(app.fetch)
  // First of all ends: whoever still asks is answered while there is still a house to ask.
  atStop(() => listener.stop())
  await hold.publish(listener.url)
  return { url: listener.url, makeLink: () => identity.makeLink() }
}

/** How people, tokens and devices become known. What checks proofs is made before identity, which checks passwords for it. */
function openEntrance(instance: Instance, hold: Hold, foundation: Foundation) {
  const proving = openProving(instance, foundation, (who, password, address) =>
    identity.checkPasswordOf(who, { password, address }),
  )
  const { requireFresh, secondStep } = proving
  const tokens = openTokens(instance, foundation, requireFresh)
  const pairing = openPairing(instance, foundation, tokens, requireFresh)
  const bearers = [tokens.identify, pairing.identify]
  const options = identityOptions(instance, hold.token, foundation, { bearers, secondStep })
  const identity = makeIdentity(options)
  return { proving, tokens, pairing, options, identity }
}

function dbosLog(log: Foundation['log']) {
  return {
    debug: (message: string) => log.debug({ part: 'dbos' }, message),
    warn: (message: string) => log.warn({ part: 'dbos' }, message),
    error: (message: string) => log.error({ part: 'dbos' }, message),
  }
}
