/** HTTP doors of people/: /api for who is signed in (the authority table says who), /auth for who holds a link. */
import {
  AcceptInvitation,
  AccountPatch,
  EmailLink,
  FinishRecovery,
  LookAtInvitation,
  NewEmail,
  NewInvitation,
  NewPassword,
  NewTenant,
  PersonPatch,
  Recover,
  TenantPatch,
} from '@castellan/contracts'
import { Hono } from 'hono'
import { parseBody } from '../http/body.ts'
import type { AppEnv } from '../http/env.ts'
import { answerEntered, arrivalOf, type IdentityOptions } from '../identity/index.ts'
import * as account from './account.ts'
import { askForEmail, confirmEmail, handConfirmation, takeEmailBack } from './email-change.ts'
import * as invitations from './invitations.ts'
import { handed } from './link.ts'
import * as people from './people.ts'
import type { Post } from './post.ts'
import { resetProofs } from './proofs.ts'
import { askForRecovery, finishRecovery, handRecovery } from './recovery.ts'
import * as tenants from './tenants.ts'
import type { PeopleOptions } from './types.ts'

/** The sub-app of /api: people, invitations, tenants. */
export function peopleRoutes(options: PeopleOptions, post: Post): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/people', async (c) => c.json({ people: await people.listPeople(options, c.get('identity')) }))
    .patch('/people/:id', async (c) => {
      const patch = await parseBody(c, PersonPatch)
      return c.json(await people.changePerson(options, c.get('identity'), c.req.param('id'), patch))
    })
    .delete('/people/:id', async (c) => {
      await people.removePerson(options, c.get('identity'), c.req.param('id'))
      return c.body(null, 204)
    })
    .get('/people/:id/sessions', async (c) =>
      c.json(await people.sessionsOf(options, c.get('identity'), c.req.param('id'))),
    )
    .delete('/people/:id/sessions/:session', async (c) => {
      await people.endSessionOf(options, c.get('identity'), c.req.param())
      return c.body(null, 204)
    })
    .post('/people/:id/recovery', async (c) =>
      c.json(handed(await handRecovery(options, c.get('identity'), c.req.param('id')))),
    )
    .post('/people/:id/reset-proofs', async (c) =>
      c.json(await resetProofs(options, post, c.get('identity'), c.req.param('id'))),
    )
    .post('/people/:id/confirmation', async (c) =>
      c.json(handed(await handConfirmation(options, c.get('identity'), c.req.param('id')))),
    )
    .get('/invitations', async (c) =>
      c.json({ invitations: await invitations.listInvitations(options, c.get('identity')) }),
    )
    .post('/invitations', async (c) => {
      const wanted = await parseBody(c, NewInvitation)
      return c.json(await invitations.invite(options, post, c.get('identity'), wanted), 201)
    })
    .delete('/invitations/:id', async (c) => {
      await invitations.revokeInvitation(options, c.get('identity'), c.req.param('id'))
      return c.body(null, 204)
    })
    .route('/', tenantRoutes(options, post))
}

function tenantRoutes(options: PeopleOptions, post: Post): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/tenants', async (c) => c.json({ tenants: await tenants.listTenants(options) }))
    .post('/tenants', async (c) => {
      const { name } = await parseBody(c, NewTenant)
      return c.json(await tenants.makeTenant(options, c.get('identity'), name), 201)
    })
    .patch('/tenants/:id', async (c) => {
      const { closed } = await parseBody(c, TenantPatch)
      return c.json(await tenants.closeTenant(options, c.get('identity'), c.req.param('id'), closed))
    })
    .post('/tenants/:id/invitations', async (c) =>
      c.json(await tenants.inviteOwner(options, c.get('identity'), c.req.param('id')), 201),
    )
    .post('/tenants/:id/recovery', async (c) =>
      c.json(handed(await tenants.handOwnerRecovery(options, c.get('identity'), c.req.param('id')))),
    )
    .post('/tenants/:id/reset-proofs', async (c) =>
      c.json(await tenants.resetOwnersProofs(options, post, c.get('identity'), c.req.param('id'))),
    )
}

/** The sub-app of /api: one's own account. */
export function accountRoutes(options: PeopleOptions, post: Post): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .get('/account', async (c) => c.json(await account.accountOf(options, c.get('identity'))))
    .patch('/account', async (c) => {
      const { name } = await parseBody(c, AccountPatch)
      return c.json(await account.rename(options, c.get('identity'), name))
    })
    .put('/account/password', async (c) => {
      const { password } = await parseBody(c, NewPassword)
      await account.changePassword(options, c.get('identity'), password)
      return c.body(null, 204)
    })
    .put('/account/email', async (c) => {
      const { email } = await parseBody(c, NewEmail)
      await askForEmail(options, post, c.get('identity'), email)
      return c.json(await account.accountOf(options, c.get('identity')))
    })
    .post('/sessions/end-others', async (c) =>
      c.json({ ended: await account.endOthers(options, c.get('identity')) }),
    )
}

/** The sub-app of /auth: what a link opens, and asking for one. All of it answers without a session. */
export function linkRoutes(options: PeopleOptions, post: Post, identity: IdentityOptions): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .post('/invitations/look', async (c) => {
      const { token } = await parseBody(c, LookAtInvitation)
      return c.json(await invitations.lookAtInvitation(options, { token, address: c.get('address') }))
    })
    .post('/invitations/accept', async (c) => {
      const given = await parseBody(c, AcceptInvitation)
      const arrival = await arrivalOf(options.identity, c)
      const session = await invitations.acceptInvitation(options, given, arrival)
      return answerEntered(c, identity, { session })
    })
    .post('/recover', async (c) => {
      const { email } = await parseBody(c, Recover)
      askForRecovery(options, post, email)
      return c.body(null, 204)
    })
    .post('/recover/finish', async (c) => {
      await finishRecovery(options, post, await parseBody(c, FinishRecovery), c.get('address'))
      return c.body(null, 204)
    })
    .post('/email/confirm', async (c) => {
      const { token } = await parseBody(c, EmailLink)
      return c.json({ email: await confirmEmail(options, token, c.get('address')) })
    })
    .post('/email/cancel', async (c) => {
      const { token } = await parseBody(c, EmailLink)
      return c.json({ email: await takeEmailBack(options, token, c.get('address')) })
    })
}
