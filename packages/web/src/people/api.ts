/** The doors of people, invitations, tenants and one's own account, as this page uses them. */
import {
  Account,
  AuthState,
  EmailLinkDone,
  EndedSessions,
  HandedLink,
  Invitations,
  Invited,
  MadeInvitation,
  MadeTenant,
  type NewInvitation,
  People,
  type PersonPatch,
  PersonView,
  ProofsReset,
  SessionView,
  Tenants,
  TenantView,
} from '@castellan/contracts'
import { queryOptions } from '@tanstack/react-query'
import * as z from 'zod'
import { anything, ask } from '../http.ts'

const part = encodeURIComponent
const post = (body: unknown = {}) => ({ method: 'POST', body }) as const
const Sessions = z.array(SessionView)

/** The people of one's tenant. What changes them asks for a step-up first. */
export const people = {
  list: async () => (await ask(People, '/api/people')).people,
  change: (id: string, patch: PersonPatch) =>
    ask(PersonView, `/api/people/${part(id)}`, { method: 'PATCH', body: patch }),
  remove: (id: string) => ask(anything, `/api/people/${part(id)}`, { method: 'DELETE' }),
  sessions: (id: string) => ask(Sessions, `/api/people/${part(id)}/sessions`),
  endSession: (id: string, session: string) =>
    ask(anything, `/api/people/${part(id)}/sessions/${part(session)}`, { method: 'DELETE' }),
  recovery: (id: string) => ask(HandedLink, `/api/people/${part(id)}/recovery`, post()),
  resetProofs: (id: string) => ask(ProofsReset, `/api/people/${part(id)}/reset-proofs`, post()),
  confirmation: (id: string) => ask(HandedLink, `/api/people/${part(id)}/confirmation`, post()),
}

/** Invitations into one's tenant. */
export const invitations = {
  list: async () => (await ask(Invitations, '/api/invitations')).invitations,
  make: (wanted: z.input<typeof NewInvitation>) => ask(MadeInvitation, '/api/invitations', post(wanted)),
  revoke: (id: string) => ask(anything, `/api/invitations/${part(id)}`, { method: 'DELETE' }),
}

/** Other tenants; for the owner of the house. */
export const tenants = {
  list: async () => (await ask(Tenants, '/api/tenants')).tenants,
  make: (name: string) => ask(MadeTenant, '/api/tenants', post({ name })),
  recovery: (id: string) => ask(HandedLink, `/api/tenants/${part(id)}/recovery`, post()),
  close: (id: string, closed: boolean) =>
    ask(TenantView, `/api/tenants/${part(id)}`, { method: 'PATCH', body: { closed } }),
  invite: (id: string) => ask(MadeTenant, `/api/tenants/${part(id)}/invitations`, post()),
}

/** One's own account. */
export const account = {
  view: () => ask(Account, '/api/account'),
  rename: (name: string) => ask(Account, '/api/account', { method: 'PATCH', body: { name } }),
  password: (password: string) =>
    ask(anything, '/api/account/password', { method: 'PUT', body: { password } }),
  email: (email: string) => ask(Account, '/api/account/email', { method: 'PUT', body: { email } }),
  endOthers: () => ask(EndedSessions, '/api/sessions/end-others', post()),
}

/** What a link opens, and asking for one. */
export const links = {
  look: (token: string) => ask(Invited, '/auth/invitations/look', post({ token })),
  accept: (given: { token: string; name: string; email: string; password: string }) =>
    ask(AuthState, '/auth/invitations/accept', post(given)),
  recover: (email: string) => ask(anything, '/auth/recover', post({ email })),
  finish: (given: { token: string; password: string; code?: string }) =>
    ask(anything, '/auth/recover/finish', post(given)),
  confirmEmail: (token: string) => ask(EmailLinkDone, '/auth/email/confirm', post({ token })),
  cancelEmail: (token: string) => ask(EmailLinkDone, '/auth/email/cancel', post({ token })),
}

export const peopleQuery = queryOptions({ queryKey: ['people'], queryFn: people.list })
export const invitationsQuery = queryOptions({ queryKey: ['invitations'], queryFn: invitations.list })
export const tenantsQuery = queryOptions({ queryKey: ['tenants'], queryFn: tenants.list })
export const accountQuery = queryOptions({ queryKey: ['account'], queryFn: account.view })
export const personSessionsQuery = (id: string) =>
  queryOptions({ queryKey: ['person-sessions', id], queryFn: () => people.sessions(id) })
