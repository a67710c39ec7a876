/** A house to pair devices and chat accounts with: the real application, database, limits and tokens, and a clock to move. */
import { randomBytes, randomUUID } from 'node:crypto'
import { type AlertList, CastellanError, type NewPairing, type PairingView } from '@castellan/contracts'
import { Hono } from 'hono'
import { alertRoutes, raise } from '../../packages/server/src/alerts/index.ts'
import {
  homeOwner,
  homeTenant,
  type PersonId,
  type Tenant,
} from '../../packages/server/src/database/index.ts'
import { type AppEnv, createApp, type Identity } from '../../packages/server/src/http/index.ts'
import { openLimits } from '../../packages/server/src/limits/index.ts'
import {
  deviceRoutes,
  makePairing,
  type PairingEvent,
  type PairingOptions,
  pairingRoutes,
} from '../../packages/server/src/pairing/index.ts'
import { testDatabase } from '../../packages/server/src/testing/database.ts'
import { makeTokens } from '../../packages/server/src/tokens/index.ts'
import { openVault } from '../../packages/server/src/vault/index.ts'
import { type Device, spendCode, tokenBody } from '../fakes/device.ts'

export const origin = 'http://localhost:7777'
export const start = Date.parse('2026-11-22T10:00:00Z')
export const minute = 60_000
export type PairingHouse = Awaited<ReturnType<typeof openPairingHouse>>

const person = (tenant: Tenant, id: PersonId, role: Identity['role']): Identity => ({
  ...{ tenant, person: id, role, principal: role === 'owner' ? 'owner' : `member:${id}` },
  ...{ via: 'session', sessionId: randomUUID(), scopes: null },
})

const nextDoorTenant = randomUUID() as Tenant

/** Who there is: the owner and two members of the home tenant, and the owner of another. */
const people = {
  owner: person(homeTenant, homeOwner, 'owner'),
  mia: person(homeTenant, randomUUID() as PersonId, 'member'),
  tom: person(homeTenant, randomUUID() as PersonId, 'member'),
  neighbour: person(nextDoorTenant, randomUUID() as PersonId, 'owner'),
} as const
export type Name = keyof typeof people

/** Opens the house on a database of its own. */
export async function openPairingHouse() {
  const db = await testDatabase({ poolSize: 12 })
  const admin = await db.superuser()
  await admin.query("insert into castellan.tenants (id, name) values ($1, 'next door')", [nextDoorTenant])
  for (const [name, { tenant, person: id, role }] of Object.entries(people))
    await admin.query(
      'insert into castellan.people (id, tenant_id, role, name) values ($1, $2, $3, $4) on conflict do nothing',
      [id, tenant, role, name],
    )
  const clock = { now: start }
  const now = () => clock.now
  const recorded: PairingEvent[] = []
  const settings = { fresh: true }
  const requireFresh = async () => {
    if (!settings.fresh)
      throw new CastellanError('factor_needed', 'Show that it is you.', { details: { stepUp: true } })
  }
  const vault = openVault({
    database: db.database,
    secretKeyBase: randomBytes(32).toString('hex'),
    guarded: {},
  })
  const tokens = makeTokens({
    ...{
      database: db.database,
      home: homeTenant,
      vault,
      instance: 'home',
      url: origin,
      raise,
      requireFresh,
      now,
    },
    settings: () => ({ accessMs: 15 * minute, appleApps: [], androidApps: [] }),
  })
  const options: PairingOptions = {
    ...{
      database: db.database,
      home: homeTenant,
      root: randomBytes(32),
      raise,
      requireFresh,
      now,
      statusMs: 0,
    },
    limits: openLimits({ pool: db.database.pool, now }),
    record: async (_handle, _tenant, event) => void recorded.push(event),
    tokens: tokens.devices,
  }
  const pairing = makePairing(options)
  const app = createApp({
    async identify({ authorization = '', address }) {
      const token = authorization.replace('Bearer ', '')
      if (token in people) return people[token as Name]
      return (await tokens.identify(token, { address })) ?? pairing.identify(token, { address })
    },
    hosts: { port: 7777, tls: false, public: [origin, 'https://castle.example'] },
    routes: {
      auth: [deviceRoutes(options)],
      api: [
        pairingRoutes(options),
        alertRoutes(db.database),
        new Hono<AppEnv>().get('/sessions', (c) => c.json(c.get('identity'))),
      ],
    },
    ready: () => true,
    trustedProxies: ['127.0.0.1'],
    log: { info: () => {}, warn: () => {}, error: (facts) => console.error(facts) },
  })

  const house = {
    ...{ db, people, pairing, tokens, options, clock, recorded, settings, admin },
    async send(
      method: string,
      path: string,
      body: unknown,
      {
        as,
        from = '203.0.113.9',
        host = origin,
      }: { as?: string | undefined; from?: string; host?: string } = {},
    ) {
      const headers: Record<string, string> = { 'content-type': 'application/json' }
      if (as !== undefined) headers['authorization'] = `Bearer ${as}`
      const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
      return app.request(host + path, init, { incoming: { socket: { remoteAddress: from } } })
    },
    /** POSTs as a device from an address. */
    from:
      (address = '203.0.113.9', host = origin) =>
      (path: string, body: unknown) =>
        house.send('POST', path, body, { from: address, host }),
    async makeCode(as: Name = 'owner', body: object = {}): Promise<NewPairing & { commitment: string }> {
      const answer = await house.send('POST', '/api/pairings', body, { as })
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
      const made = (await answer.json()) as NewPairing
      return { ...made, commitment: made.url?.split('.').at(-1) ?? '' }
    },
    look: async (id: string, as: Name = 'owner') =>
      (await (await house.send('GET', `/api/pairings/${id}`, undefined, { as })).json()) as PairingView,
    confirm: (id: string, phrase: string, as: Name = 'owner') =>
      house.send('POST', `/api/pairings/${id}/confirm`, { phrase }, { as }),
    deny: (id: string, as: Name = 'owner') =>
      house.send('POST', `/api/pairings/${id}/deny`, undefined, { as }),
    /** Pairs a device to its end; gives back its id. */
    async pair(device: Device, as: Name = 'owner'): Promise<string> {
      const made = await house.makeCode(as)
      const { phrase } = await spendCode(device, house.from(), { ...made, server: origin })
      const answer = await house.confirm(made.id, phrase, as)
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
      const status = await house.send('POST', '/auth/pair/status', { pairing: made.id })
      return ((await status.json()) as { device: string }).device
    },
    async nonce(): Promise<string> {
      return ((await (await house.send('POST', '/auth/device/nonce', undefined)).json()) as { nonce: string })
        .nonce
    },
    async exchange(device: Device, id: string, nonce?: string): Promise<Response> {
      return house.send(
        'POST',
        '/auth/device/token',
        tokenBody(device, { server: origin, id, nonce: nonce ?? (await house.nonce()) }),
      )
    },
    async token(device: Device, id: string): Promise<string> {
      return ((await (await house.exchange(device, id)).json()) as { access_token: string }).access_token
    },
    alerts: async (as: Name = 'owner') =>
      ((await (await house.send('GET', '/api/alerts', undefined, { as })).json()) as AlertList).alerts
        .map(({ kind, times }) => `${kind} ${times}`)
        .sort(),
    /** Between tests: no codes, no failures, no alerts, the clock at its start. */
    async reset() {
      clock.now += 24 * 60 * minute
      recorded.length = 0
      settings.fresh = true
      await admin.query(
        'delete from castellan.alerts; delete from castellan.pairings; delete from castellan.pairing_attempts; delete from castellan.accounts; delete from castellan.devices',
      )
    },
    close: () => db.close(),
  }
  return house
}

/** Status and code of an answer. */
export async function told(answer: Response): Promise<[status: number, code: string]> {
  const body = (await answer.json().catch(() => ({}))) as { error?: { code: string } }
  return [answer.status, body.error?.code ?? 'ok']
}
