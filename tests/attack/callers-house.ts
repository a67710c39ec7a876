/** A house whose programs ask models over /v1: the real guards, gate, policies, vault and PostgreSQL before a fake provider. */
import type { NewCaller, NewCallerRequest } from '@castellan/contracts'
import type * as z from 'zod'
import { providerFetch } from '../../packages/server/src/adapters/egress/index.ts'
import {
  callerRoutes,
  callerSkill,
  openAiErrors,
  openCallers,
  v1Routes,
} from '../../packages/server/src/callers/index.ts'
import { createApp, type Listener, listen } from '../../packages/server/src/http/index.ts'
import { createBreakers, createGate } from '../../packages/server/src/invoke/index.ts'
import { openLimits } from '../../packages/server/src/limits/index.ts'
import { createModels } from '../../packages/server/src/models/index.ts'
import { loadPolicies } from '../../packages/server/src/policy/index.ts'
import { recorder } from '../../packages/server/src/record.ts'
import { createLeakScan, openVault } from '../../packages/server/src/vault/index.ts'
import { startFakeModels } from '../fakes/server.ts'
import { openHouse } from './house.ts'

export type CallersHouse = Awaited<ReturnType<typeof openCallersHouse>>

/** Opens it with the models `talk` (medium), `big` (heavy) and `vectors` (embedding); `policy` is the owner's file. */
export async function openCallersHouse({ policy = '' } = {}) {
  const fake = await startFakeModels()
  const house = await openHouse()
  const { database, tenant } = house.db
  const vault = openVault({ database, secretKeyBase: 'k'.repeat(48) })
  const models = createModels({ database, secrets: vault, providerFetch })
  const provider = { provider: 'openai-compatible' as const, base_url: fake.openaiUrl }
  await models.add(tenant, { ...provider, name: 'talk', model: 'talk-1', tier: 'medium' })
  await models.add(tenant, { ...provider, name: 'big', model: 'big-1', tier: 'heavy' })
  await models.add(tenant, { ...provider, name: 'vectors', model: 'vectors-1', tier: 'embedding' })
  const loaded = loadPolicies(policy)
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  const skill = callerSkill(models)
  const invoke = createGate({
    ...{ database, skills: new Map([[skill.name, skill]]), breakers: createBreakers() },
    authorize: loaded.engine.authorize,
    clock: { now: Date.now, isSound: () => true },
    leaks: createLeakScan(vault),
    asked: () => {},
  })
  const state = { offset: 0, fresh: true }
  const now = () => Date.now() + state.offset
  const options = {
    ...{ tenant, database, models, invoke, now },
    limits: openLimits({ pool: database.pool, now }),
    async requireFresh() {
      if (!state.fresh) throw new TypeError('not fresh')
    },
    record: recorder(tenant).caller,
  }
  // Two servers over one database, as two processes would be.
  const opened: { listener: Listener; url: string }[] = []
  // The one that is asked to revoke a token has to know it by itself; the other looks now and then.
  for (const watchMs of [3_600_000, 50]) {
    const callers = openCallers({ ...options, watchMs })
    const listener = await listen({ host: 'localhost', port: 0 })
    const app = createApp({
      identify: house.identity.identify,
      hosts: { port: listener.port, tls: false, public: [] },
      routes: {
        auth: [],
        api: [callerRoutes(callers, options), house.rooms.app],
        v1: { app: v1Routes(callers, options), errors: openAiErrors() },
      },
      ready: () => true,
      log: { info: () => {}, warn: () => {}, error: (facts) => house.logged.push(facts) },
    })
    listener.serve(app.fetch)
    opened.push({ listener, url: listener.url })
  }
  const [first = { url: '' }, second = { url: '' }] = opened

  const own = (path: string, init: RequestInit = {}) =>
    fetch(`${first.url}/api${path}`, {
      ...init,
      headers: { authorization: `Bearer ${house.localToken}`, 'content-type': 'application/json' },
    })
  return {
    ...{ house, fake, vault, models, state, url: first.url, otherUrl: second.url, own },
    /** The owner makes a token. */
    async make(wanted: Partial<z.input<typeof NewCallerRequest>> = {}): Promise<NewCaller> {
      const loose = { per_minute: 6_000, burst: 1_000 }
      const body = { name: crypto.randomUUID(), namespace: 'app', models: ['medium'], ...loose, ...wanted }
      const answer = await own('/callers', { method: 'POST', body: JSON.stringify(body) })
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
      return (await answer.json()) as NewCaller
    },
    revoke: (id: string) => own(`/callers/${id}`, { method: 'DELETE' }),
    /** A program sends a request. */
    send(path: string, body: unknown, headers: Record<string, string> = {}, url = first.url) {
      return fetch(`${url}/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    },
    async close() {
      await Promise.all(opened.map(({ listener }) => listener.stop(0)))
      await house.close()
      await fake.close()
    },
  }
}

/** The header that shows a token. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** The simplest request. */
export const hello = { model: 'talk', messages: [{ role: 'user', content: 'Hello' }] }
