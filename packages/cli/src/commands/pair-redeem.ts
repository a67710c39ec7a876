/** This machine as the device: spends the code of a link, shows the words, and keeps the key once the person has said yes. */
import { rename, rm, writeFile } from 'node:fs/promises'
import {
  CastellanError,
  type DeviceKind,
  ErrorBody,
  exitCodes,
  PairingStatus,
  Redeemed,
} from '@castellan/contracts'
import type * as z from 'zod'
import { print, printJson, say, styled } from '../output.ts'

/** What `castellan pair --redeem` is told besides the link. */
export interface RedeemOptions {
  readonly name?: string
  readonly kind: DeviceKind
  /** The file that is to hold the key. */
  readonly keep: string
}

/** Pairs this machine; exit code 3 when the person says no or nothing. */
export async function redeem(
  json: boolean,
  link: string,
  { name = 'a program', kind, keep }: RedeemOptions,
): Promise<number> {
  const { newDeviceKey, prepareRedeeming, readLink } = await import('@castellan/server/device')
  const { server, ...rest } = readLink(link)
  const key = newDeviceKey()
  const { request, phrase } = prepareRedeeming({ server, ...rest }, { name, kind, key })
  // Before anything is spent: a key that cannot be kept would make a device that nobody has.
  await reserve(keep)
  try {
    const answer = await post(server, '/auth/pair/redeem', request, Redeemed)
    const words = phrase(answer)
    say('say yes there only if it shows these words:')
    say(styled('bold', `  ${words}`))
    const { state, device } = await answered(server, answer.pairing)
    if (device === null) {
      await rm(keep, { force: true })
      if (json) printJson({ state, device })
      else print('not paired')
      return exitCodes.refused
    }
    await writeFile(`${keep}.new`, `${JSON.stringify({ server, device, key }, null, 2)}\n`, { mode: 0o600 })
    await rename(`${keep}.new`, keep)
    if (json) printJson({ state, device, phrase: words, keep })
    else print(`paired; the key is in ${keep}`)
    return exitCodes.done
  } catch (error) {
    await rm(keep, { force: true })
    throw error
  }
}

async function reserve(file: string): Promise<void> {
  try {
    await writeFile(file, '', { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new CastellanError(
      'bad_request',
      `${file} cannot be written, or is there already; nothing was paired`,
      {
        hint: 'choose another file: --keep FILE',
        cause,
      },
    )
  }
}

async function answered(server: string, pairing: string): Promise<PairingStatus> {
  for (;;) {
    const status = await post(server, '/auth/pair/status', { pairing }, PairingStatus)
    if (status.state !== 'compare') return status
  }
}

/** Asks a house that this machine has no other way into; throws what it says. */
export async function post<T>(server: string, path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(body), redirect: 'error' } as const
  const answer = await fetch(new URL(path, server), init).catch((cause: unknown) => {
    throw new CastellanError('outside_failed', `${server} does not answer`, { cause })
  })
  const said: unknown = await answer.json().catch(() => null)
  if (answer.ok) return schema.parse(said)
  const refusal = ErrorBody.safeParse(said)
  if (!refusal.success)
    throw new CastellanError('outside_failed', `${server} answered with status ${answer.status}`)
  const { code, message, hint } = refusal.data.error
  throw new CastellanError(code, message, hint === undefined ? {} : { hint })
}
