/** Attack: a new passkey that comes with certificates, so that the house goes and asks wherever they say. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { SettingsService } from '@simplewebauthn/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeMaker } from '../fakes/attestation.ts'
import { fakePasskey } from '../fakes/authenticator.ts'
import { type FactorHouse, openFactorHouse, origin } from './factor-house.ts'

let house: FactorHouse
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  response.end()
})
beforeAll(async () => {
  house = await openFactorHouse()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(async () => {
  SettingsService.setRootCertificates({ identifier: 'packed', certificates: [] })
  server.close()
  await house.close()
})

test.each([
  ['of a maker that nobody knows', false],
  ['of a maker that the library would trust', true],
])('a certificate %s is refused, and what it names is not asked', async (_name, isTrusted) => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const maker = makeMaker(`http://127.0.0.1:${port}/revoked.crl`)
  const certificates = isTrusted ? [new Uint8Array(maker.root)] : []
  SettingsService.setRootCertificates({ identifier: 'packed', certificates })
  await house.reset()
  const owner = house.browser()
  await owner.signIn()
  const attestation = { fmt: 'packed', x5c: maker.x5c, sign: maker.sign }
  const options = await owner.options('/api/account/passkeys/options')
  const response = fakePasskey(origin).create(options, { attestation })
  expect(await owner.code('POST', '/api/account/passkeys', { name: 'x', response })).toBe('passkey_refused')
  expect(asked).toEqual([])
  expect((await owner.factors()).passkeys).toEqual([])
})
