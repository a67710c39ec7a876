/** The doors of pairing: what people do under /api, what devices do under /auth. */
import {
  CastellanError,
  ConfirmPairing,
  DeviceTokenRequest,
  HelloRequest,
  NewPairingRequest,
  RedeemRequest,
  RenameDevice,
  StatusRequest,
} from '@castellan/contracts'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { parseBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import { listAccounts, unpair } from './accounts.ts'
import { confirm, deny, look, makeCode } from './codes.ts'
import { exchange, listDevices, newNonce, renameDevice, revokeDevice } from './devices.ts'
import { type Arrival, hello, redeem, status } from './redeem.ts'
import type { PairingOptions } from './types.ts'

/** `/pairings`, `/devices` and `/accounts`: one's own, behind the session guard. */
export function pairingRoutes(options: PairingOptions): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post('/pairings', async (c) => {
      const request = await parseBody(c, NewPairingRequest)
      const { loopback, url } = c.get('origin')
      const server = loopback ? (options.publicUrl ?? url) : url
      return c.json(await makeCode(options, c.get('identity'), request, server), 201)
    })
    .get('/pairings/:id', async (c) => c.json(await look(options, c.get('identity'), idOf(c))))
    .post('/pairings/:id/confirm', async (c) => {
      const { phrase } = await parseBody(c, ConfirmPairing)
      return c.json(await confirm(options, c.get('identity'), idOf(c), phrase))
    })
    .post('/pairings/:id/deny', async (c) => c.json(await deny(options, c.get('identity'), idOf(c))))
    .get('/devices', async (c) => c.json({ devices: await listDevices(options, c.get('identity')) }))
    .patch('/devices/:id', async (c) => {
      const { name } = await parseBody(c, RenameDevice)
      return c.json(await renameDevice(options, c.get('identity'), idOf(c), name))
    })
    .delete('/devices/:id', async (c) => {
      await revokeDevice(options, c.get('identity'), idOf(c))
      return c.body(null, 204)
    })
    .get('/accounts', async (c) => c.json({ accounts: await listAccounts(options, c.get('identity')) }))
    .delete('/accounts/:id', async (c) => {
      await unpair(options, c.get('identity'), idOf(c))
      return c.body(null, 204)
    })
}

/** `/pair/*` and `/device/*`: open, for who is not known yet. They stand behind identity's limit on knocking. */
export function deviceRoutes(options: PairingOptions): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post('/pair/hello', async (c) => {
      const { code } = await parseBody(c, HelloRequest)
      return c.json(await hello(options, code, c.get('address')))
    })
    .post('/pair/redeem', async (c) => {
      const request = await parseBody(c, RedeemRequest)
      return c.json(await redeem(options, request, arrivalOf(c)))
    })
    .post('/pair/status', async (c) => {
      const { pairing } = await parseBody(c, StatusRequest)
      return c.json(await status(options, pairing, c.req.raw.signal))
    })
    .post('/device/nonce', (c) => c.json(newNonce(options)))
    .post('/device/token', async (c) => {
      const request = await parseBody(c, DeviceTokenRequest)
      return c.json(await exchange(options, request, arrivalOf(c)))
    })
}

function arrivalOf(c: Context<AppEnv>): Arrival {
  return { address: c.get('address'), server: c.get('origin').url }
}

function idOf(c: Context<AppEnv>): string {
  const id = z.uuid().safeParse(c.req.param('id'))
  if (id.success) return id.data
  throw new CastellanError('not_found', 'There is no such thing.')
}
