/** The owner of a house lost every proof: nothing of a running house gives them up; on the stopped one the machine's owner does. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AlertList, AuthState, FactorsView, PasskeyOptions } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { codeAt } from '../../packages/server/src/factors/totp.ts'
import { fakePasskey } from '../fakes/authenticator.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'
import { Seat } from './seat.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

let house: Instance
let password = ''
showWhenFailed(() => house)
beforeAll(async () => {
  house = await startInstance()
  const secrets = await readFile(join(house.directory, '.env.secrets'), 'utf8')
  password = /^ADMIN_PASSWORD=(.*)$/m.exec(secrets)?.[1] ?? ''
})
afterAll(() => house?.close())

/** Signs in, makes a passkey and codes, and closes the password. */
async function lockUp(): Promise<Seat> {
  const seat = new Seat(house.url)
  expect(await seat.post('/auth/login', { password })).toBe(200)
  const key = fakePasskey(house.url)
  const options = PasskeyOptions.parse(await seat.ask('/api/account/passkeys/options'))
  const given = { name: 'phone', response: key.create(options) }
  expect(await seat.post('/api/account/passkeys', given)).toBe(201)
  const { secret } = (await seat.ask('/api/account/totp')) as { secret: string }
  const code = codeAt(secret, Date.now())
  expect(await seat.post('/api/account/totp/confirm', { code })).toBe(200)
  const stepping = PasskeyOptions.parse(await seat.ask('/auth/step-up/options'))
  expect(await seat.post('/auth/step-up', { passkey: key.show(stepping) })).toBe(200)
  expect(await seat.put('/api/account/admin-password', { open: false })).toBe(200)
  return seat
}

test('only on the stopped house, recorded and told, and ADMIN_PASSWORD opens again', async () => {
  const before = await lockUp()
  expect(await new Seat(house.url).post('/auth/login', { password })).toBe(403)
  const running = await house.cli(['member', 'reset-proofs', '--owner', '--json'])
  expect(running.code).not.toBe(0)
  expect(running.stderr).toContain('only while the house stands still; nothing was changed')
  const byName = await house.cli(['member', 'reset-proofs', 'Owner', '--json'])
  expect(byName.code).not.toBe(0)
  expect(FactorsView.parse(await before.get('/api/account/factors')).passkeys).toHaveLength(1)

  await house.stop()
  const reset = await house.cli(['member', 'reset-proofs', '--owner', '--json'])
  expect(JSON.parse(reset.stdout)).toEqual({ passkeys: 1, codes: true, recovery_codes: 10 })
  await house.start()

  before.moveTo(house.url)
  expect(await before.status('/api/account')).toBe(401)
  const seat = new Seat(house.url)
  expect(AuthState.parse(await seat.get('/auth/state')).password_open).toBe(true)
  expect(await seat.post('/auth/login', { password })).toBe(200)
  expect(FactorsView.parse(await seat.get('/api/account/factors'))).toMatchObject({
    ...{ passkeys: [], totp_since: null, recovery: null, admin_password: 'open', accepts: ['password'] },
  })
  const { alerts } = AlertList.parse(await seat.get('/api/alerts'))
  expect(alerts.map(({ kind }) => kind)).toContain('factors.owner_reset')
  const database = await house.database()
  const { rows } = await database.query(
    "select principal, outcome from castellan.ledger where skill = 'identity.proofs_reset'",
  )
  expect(rows).toEqual([{ principal: ['owner'], outcome: 'done' }])
  const left = await database.query("select name from castellan.secrets where name like 'totp/%'")
  expect(left.rows).toEqual([])
  expect((await house.cli(['ledger', 'verify'])).code).toBe(0)
})
