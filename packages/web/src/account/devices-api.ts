/** The doors of paired devices and chat accounts, as this page uses them. */
import {
  Accounts,
  Devices,
  DeviceView,
  NewPairing,
  type NewPairingRequest,
  PairingView,
} from '@castellan/contracts'
import { queryOptions } from '@tanstack/react-query'
import type * as z from 'zod'
import { anything, ask } from '../http.ts'

const part = encodeURIComponent

export const pairings = {
  make: (body: z.input<typeof NewPairingRequest>) =>
    ask(NewPairing, '/api/pairings', { method: 'POST', body }),
  look: (id: string) => ask(PairingView, `/api/pairings/${part(id)}`),
  /** With the words that this page showed. */
  confirm: (id: string, phrase: string) =>
    ask(PairingView, `/api/pairings/${part(id)}/confirm`, { method: 'POST', body: { phrase } }),
  deny: (id: string) => ask(PairingView, `/api/pairings/${part(id)}/deny`, { method: 'POST' }),
}

export const devices = {
  list: async () => (await ask(Devices, '/api/devices')).devices,
  rename: (id: string, name: string) =>
    ask(DeviceView, `/api/devices/${part(id)}`, { method: 'PATCH', body: { name } }),
  revoke: (id: string) => ask(anything, `/api/devices/${part(id)}`, { method: 'DELETE' }),
}

export const accounts = {
  list: async () => (await ask(Accounts, '/api/accounts')).accounts,
  unpair: (id: string) => ask(anything, `/api/accounts/${part(id)}`, { method: 'DELETE' }),
}

export const devicesQuery = queryOptions({ queryKey: ['devices'], queryFn: devices.list })
export const accountsQuery = queryOptions({ queryKey: ['chat-accounts'], queryFn: accounts.list })
/** A pairing under way, asked every second until it has come to an end. */
export const pairingQuery = (id: string) =>
  queryOptions({
    queryKey: ['pairing', id],
    queryFn: () => pairings.look(id),
    staleTime: 0,
    refetchInterval: ({ state: { data } }) =>
      data === undefined || data.state === 'open' || data.state === 'compare' ? 1_000 : false,
  })
