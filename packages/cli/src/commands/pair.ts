/**
 * `castellan pair`: makes a code, shows it, waits for the device and asks whether the words are the same. With `--redeem`
 * this machine is the device.
 */
import { hostname } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { CastellanError, exitCodes, NewPairing, PairingView, People } from '@castellan/contracts'
import { type Command, Option } from 'commander'
import type { Client } from '../client.ts'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say, styled } from '../output.ts'
import { askYesNo } from '../prompt.ts'
import { qrLines } from '../qr.ts'
import { visibleLine } from '../visible.ts'
import { type RedeemOptions, redeem } from './pair-redeem.ts'

interface Options extends RedeemOptions {
  readonly for?: string
  readonly channel?: string
  readonly redeem?: string
}

/** Adds `pair`. */
export function addPair(program: Command): void {
  const command = leaf(program, 'pair', 'pairs a device or a chat account with a person by a one-time code')
    .option('--name <name>', 'what the device is to be called (default: what it calls itself)')
    .option('--for <person>', 'whose it is to be: an id, e-mail address or name (default: yours)')
    .option('--channel <service>', 'a chat account of this service is to be paired, e.g. telegram')
    .option('--redeem <link>', 'this machine is the device, and this the link that the house shows')
    .option('--keep <file>', 'with --redeem: where its key is kept', 'castellan-device.json')
    .addOption(
      new Option('--kind <kind>', 'with --redeem: what it is')
        .choices(['phone', 'laptop', 'program'])
        .default('program'),
    )
  act(command, pair)
}

async function pair(run: Run, options: Options): Promise<number> {
  if (options.redeem !== undefined) {
    return redeem(run.json, options.redeem, { ...options, name: options.name ?? hostname() })
  }
  const client = await run.client()
  const person = options.for === undefined ? undefined : await personOf(client, options.for)
  const { name, channel } = options
  const made = await client.send('POST', '/api/pairings', { name, person, channel }, NewPairing)
  show(made, channel)
  const off = callOffAtInterrupt(client, made.id)
  const come = await until(client, made, (view) => view.state !== 'open')
  const ended = come.state === 'compare' ? await compare(client, come) : come
  off()
  if (run.json) printJson(ended)
  else print(endings[ended.state])
  return ended.state === 'paired' ? exitCodes.done : exitCodes.refused
}

function show({ code, url, qr }: NewPairing, channel: string | undefined): void {
  for (const line of qr === null ? [] : qrLines(qr)) say(line)
  if (url !== null) say(url)
  if (channel === undefined) say('scan it with the device, or type the code there:')
  else say(`send this to the bot on ${channel}, from the account that is to be paired, and not in a group:`)
  say(styled('bold', code))
  say('it works once, within ten minutes; Ctrl-C calls it off')
}

const endings = {
  open: 'nothing was paired',
  compare: 'nothing was paired',
  paired: 'paired',
  denied: 'nothing was paired, and the code is void',
  expired: 'the code ran out; nothing was paired',
} as const

async function compare(client: Client, view: PairingView): Promise<PairingView> {
  const { id, device, phrase } = view
  if (device === null || phrase === null) return view
  const name = visibleLine(device.name)
  say(
    `a ${device.kind} that calls itself ${name} has come from ${device.address}; these words must stand there:`,
  )
  say(styled('bold', `  ${phrase}`))
  const same = await askYesNo('are they the same on the device?')
  return same
    ? client.send('POST', `/api/pairings/${id}/confirm`, { phrase }, PairingView)
    : client.send('POST', `/api/pairings/${id}/deny`, undefined, PairingView)
}

async function until(
  client: Client,
  { id, expires_at }: NewPairing,
  isDone: (view: PairingView) => boolean,
): Promise<PairingView> {
  let told = Math.ceil((Date.parse(expires_at) - Date.now()) / 60_000)
  for (;;) {
    const view = await client.get(`/api/pairings/${id}`, PairingView)
    if (isDone(view)) return view
    const minutes = Math.ceil((Date.parse(view.expires_at) - Date.now()) / 60_000)
    if (minutes < told) say(`still waiting; ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} left`)
    told = minutes
    await wait(1_000)
  }
}

/** Ctrl-C voids the code, so that what stands on the screen is worth nothing any more. */
function callOffAtInterrupt(client: Client, id: string): () => void {
  const callOff = () => {
    const leave = () => process.exit(exitCodes.refused)
    client.send('POST', `/api/pairings/${id}/deny`, undefined, PairingView).then(leave, leave)
  }
  process.once('SIGINT', callOff)
  return () => process.off('SIGINT', callOff)
}

async function personOf(client: Client, text: string): Promise<string> {
  const { people } = await client.get('/api/people', People)
  const wanted = text.toLowerCase()
  const found = people.filter(({ id, email, name }) =>
    [id, email, name].some((each) => each?.toLowerCase() === wanted),
  )
  const [person] = found
  if (person !== undefined && found.length === 1) return person.id
  const message = found.length === 0 ? 'there is no such person' : 'there are several people of that name'
  throw new CastellanError('not_found', message, { hint: 'castellan member list shows their ids' })
}
