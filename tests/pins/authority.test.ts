/**
 * Frozen: who besides the house's owner may ask which route. A new row is a decision for a review; a route that is not here
 * answers the owner alone, in person. Every row must name a route that exists, or it waits to open one by accident.
 */
import { expect, test } from 'vitest'
import { agentRoutes } from '../../packages/server/src/agent/index.ts'
import { alertRoutes } from '../../packages/server/src/alerts/index.ts'
import { attachmentRoutes } from '../../packages/server/src/attachments/index.ts'
import { factorAccountRoutes, factorAuthRoutes } from '../../packages/server/src/factors/index.ts'
import { authorities, createApp, mayAsk } from '../../packages/server/src/http/index.ts'
import { authRoutes, sessionRoutes } from '../../packages/server/src/identity/index.ts'
import { memoryRoutes } from '../../packages/server/src/memory/index.ts'
import { overviewRoutes } from '../../packages/server/src/overview.ts'
import { deviceRoutes, pairingRoutes } from '../../packages/server/src/pairing/index.ts'
import { accountRoutes, linkRoutes, peopleRoutes } from '../../packages/server/src/people/index.ts'
import { connectionRoutes } from '../../packages/server/src/providers/index.ts'
import { questionRoutes } from '../../packages/server/src/questions/index.ts'
import { ownerIdentity } from '../../packages/server/src/testing/identity.ts'
import { tokenRoutes } from '../../packages/server/src/tokens/index.ts'

const frozen: Readonly<Record<string, readonly string[]>> = {
  'owner member | home | chat': [
    'POST /api/conversations',
    'POST /api/conversations/:id/messages',
    'POST /api/runs/:id/stop',
    'POST /api/attachments',
  ],
  'owner member | home | read': [
    'GET /api/conversations',
    'GET /api/conversations/:id',
    'GET /api/runs/:id',
    'GET /api/runs/:id/result',
    'GET /api/questions',
    'GET /api/questions/:id',
    'GET /api/memory',
    'GET /api/notices',
    'GET /api/events',
  ],
  'owner member | home | approve': ['POST /api/questions/:id/approve', 'POST /api/questions/:id/deny'],
  'owner member | home | no token': ['POST /api/questions/:id/passkey', 'DELETE /api/memory/:id'],
  'owner member viewer | every | read': ['GET /api/overview'],
  'owner member viewer | every | no token': [
    'POST /auth/logout',
    'POST /auth/step-up',
    'POST /auth/step-up/options',
    'GET /api/account/factors',
    'POST /api/account/passkeys/options',
    'POST /api/account/passkeys',
    'PATCH /api/account/passkeys/:id',
    'DELETE /api/account/passkeys/:id',
    'POST /api/account/totp',
    'POST /api/account/totp/confirm',
    'DELETE /api/account/totp',
    'POST /api/account/recovery-codes',
    'GET /api/sessions',
    'DELETE /api/sessions/:id',
    'GET /api/account/connections',
    'POST /api/account/connections',
    'DELETE /api/account/connections/:id',
    'POST /api/sessions/end-others',
    'GET /api/account',
    'PATCH /api/account',
    'PUT /api/account/password',
    'PUT /api/account/email',
    'GET /api/alerts',
    'POST /api/alerts/:id/seen',
    'POST /api/pairings',
    'GET /api/pairings/:id',
    'POST /api/pairings/:id/confirm',
    'POST /api/pairings/:id/deny',
    'GET /api/devices',
    'PATCH /api/devices/:id',
    'DELETE /api/devices/:id',
    'GET /api/accounts',
    'DELETE /api/accounts/:id',
    'GET /api/tokens',
    'POST /api/tokens',
    'DELETE /api/tokens/:id',
    'GET /api/grants',
    'DELETE /api/grants/:id',
    'GET /api/authorize',
    'POST /api/authorize',
  ],
  'owner | every | no token': [
    'GET /api/people',
    'PATCH /api/people/:id',
    'DELETE /api/people/:id',
    'GET /api/people/:id/sessions',
    'DELETE /api/people/:id/sessions/:session',
    'POST /api/people/:id/recovery',
    'POST /api/people/:id/confirmation',
    'POST /api/people/:id/reset-proofs',
    'GET /api/invitations',
    'POST /api/invitations',
    'DELETE /api/invitations/:id',
  ],
}

test('who may ask what', () => {
  const now: Record<string, string[]> = {}
  for (const { roles, tenants, scope, method, path } of authorities) {
    const who = `${roles.join(' ')} | ${tenants} | ${scope ?? 'no token'}`
    now[who] = [...(now[who] ?? []), `${method} ${path}`]
  }
  for (const each of Object.values(now)) each.sort()
  expect(now).toEqual(
    Object.fromEntries(Object.entries(frozen).map(([who, routes]) => [who, routes.toSorted()])),
  )
})

test('every row names a route of the router, once', () => {
  // Nothing is asked, so what the routes are made from need not be real.
  const nothing = {} as never
  const app = createApp({
    identify: async () => undefined,
    hosts: { port: 7777, tls: false, public: [] },
    routes: {
      api: [
        overviewRoutes(nothing),
        agentRoutes(nothing),
        attachmentRoutes(nothing),
        questionRoutes(nothing, nothing),
        memoryRoutes(nothing),
        alertRoutes(nothing),
        sessionRoutes(nothing, nothing),
        peopleRoutes(nothing, nothing),
        accountRoutes(nothing, nothing),
        factorAccountRoutes(nothing),
        connectionRoutes(nothing, nothing),
        pairingRoutes(nothing),
        tokenRoutes(nothing),
      ],
      auth: [
        authRoutes(nothing, nothing),
        factorAuthRoutes(nothing, nothing, nothing),
        linkRoutes(nothing, nothing, nothing),
        deviceRoutes(nothing),
      ],
    },
    ready: () => true,
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
  const routes = new Set(app.routes.map(({ method, path }) => `${method} ${path}`))
  const named = authorities.map(({ method, path }) => `${method} ${path}`)
  expect(named.filter((route) => !routes.has(route))).toEqual([])
  expect(named.length).toBe(new Set(named).size)
})

test('a route without a row answers the house’s owner in person and nobody else', () => {
  const unlisted = [{ method: 'GET', path: '/api/settings' }]
  expect(mayAsk(ownerIdentity, unlisted)).toBe(true)
  expect(mayAsk(ownerIdentity, [])).toBe(true)
  const member = { ...ownerIdentity, role: 'member', principal: 'member:x' } as const
  const elsewhere = {
    ...ownerIdentity,
    tenant: '00000000-0000-4000-8000-0000000000ff' as typeof ownerIdentity.tenant,
  }
  const scopes = ['read', 'chat', 'approve', 'data'] as const
  const others = [
    member,
    elsewhere,
    { ...ownerIdentity, via: 'personal-token', scopes } as const,
    { ...ownerIdentity, via: 'access-token', scopes } as const,
    { ...ownerIdentity, via: 'device', scopes: null } as const,
    { ...ownerIdentity, scopes } as const,
  ]
  for (const other of others) expect([mayAsk(other, unlisted), mayAsk(other, [])]).toEqual([false, false])
  // Of two routes that answer together both must be open.
  expect(mayAsk(member, [{ method: 'GET', path: '/api/account' }, ...unlisted])).toBe(false)
})
