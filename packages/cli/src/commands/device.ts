/** `castellan device`: the devices that are paired with you, and a token for one that this machine is. */
import { readFile } from 'node:fs/promises'
import { CastellanError, DeviceNonce, Devices, DeviceToken, DeviceView } from '@castellan/contracts'
import type { Command } from 'commander'
import { nothing } from '../client.ts'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, table } from '../output.ts'
import { visibleLine } from '../visible.ts'
import { post } from './pair-redeem.ts'

/** Adds `device list|rename|revoke|token`. */
export function addDevice(program: Command): void {
  const group = program.command('device').description('devices that are paired with you')
  act(leaf(group, 'list', 'lists your devices and when they were seen'), list)
  act(leaf(group, 'rename <id> <name>', 'gives a device another name'), rename)
  act(leaf(group, 'revoke <id>', 'turns a device away at once, with all tokens it has'), revoke)
  const token = leaf(group, 'token', 'prints an access token for the device that this machine is').option(
    '--keep <file>',
    'where its key is kept',
    'castellan-device.json',
  )
  act(token, getToken)
}

async function list(run: Run): Promise<void> {
  const { devices } = await (await run.client()).get('/api/devices', Devices)
  if (run.json) return printJson({ devices })
  if (devices.length === 0) return say('no device is paired with you; pair one with castellan pair')
  const rows = devices.map(({ id, name, kind, last_seen_at, last_address }) => [
    id.slice(0, 8),
    visibleLine(name),
    kind,
    last_seen_at === null ? 'not seen' : `seen ${new Date(last_seen_at).toLocaleString()}`,
    last_address ?? '',
  ])
  for (const line of table([['id', 'name', 'kind', 'last seen', 'from'], ...rows])) print(line)
}

async function rename(run: Run, id: string, name: string): Promise<void> {
  const client = await run.client()
  const whole = await wholeId(run, id)
  const renamed = await client.send('PATCH', `/api/devices/${whole}`, { name }, DeviceView)
  if (run.json) return printJson(renamed)
  print(`renamed to ${visibleLine(renamed.name)}`)
}

async function revoke(run: Run, id: string): Promise<void> {
  const client = await run.client()
  const whole = await wholeId(run, id)
  await client.send('DELETE', `/api/devices/${whole}`, undefined, nothing)
  if (run.json) return printJson({ revoked: whole })
  print('revoked')
}

/** The first characters of an id stand for it where they fit one device only. */
async function wholeId(run: Run, id: string): Promise<string> {
  const { devices } = await (await run.client()).get('/api/devices', Devices)
  const found = devices.filter((device) => device.id.startsWith(id))
  const [device] = found
  if (device !== undefined && found.length === 1) return device.id
  const message = found.length === 0 ? 'there is no such device' : 'several devices begin so'
  throw new CastellanError('not_found', message, { hint: 'castellan device list shows the ids' })
}

async function getToken(run: Run, { keep }: { keep: string }): Promise<void> {
  const { KeptDevice, signNonce } = await import('@castellan/server/device')
  const text = await readFile(keep, 'utf8').catch(() => '')
  const kept = KeptDevice.safeParse(text === '' ? undefined : JSON.parse(text))
  if (!kept.success) {
    throw new CastellanError('bad_request', `${keep} holds no device`, {
      hint: 'pair this machine first: castellan pair --redeem LINK',
    })
  }
  const { server } = kept.data
  const { nonce } = await post(server, '/auth/device/nonce', {}, DeviceNonce)
  const token = await post(server, '/auth/device/token', signNonce(kept.data, nonce), DeviceToken)
  if (run.json) return printJson(token)
  print(token.access_token)
}
