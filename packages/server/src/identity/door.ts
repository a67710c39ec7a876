/** What a sign-in comes to at the door: a session in its cookie, or a second step to be shown first. */
import type { AuthState, PersonRole } from '@castellan/contracts'
import type { Context } from 'hono'
import { homeOwner } from '../database/index.ts'
import type { AppEnv, Identity, Who } from '../http/env.ts'
import { claimOf } from '../http/guards.ts'
import { clearCookie, cookieName, readToken, setCookie } from './cookie.ts'
import type { HalfSignedIn } from './second-step.ts'
import type { Arrival, NewSession } from './sessions.ts'
import type { IdentityOptions } from './types.ts'

/** What a first proof led to. */
export type Entered = { readonly session: NewSession } | { readonly half: HalfSignedIn }

/** The name of the cookie that holds a sign-in which waits for its second step. */
export const stepCookieName = (instance: string, secure: boolean): string =>
  `${cookieName(instance, secure)}_step`

/** The token of a sign-in that waits for its second step; undefined when the browser holds none. */
export function readStep(c: Context<AppEnv>, { instance }: IdentityOptions): string | undefined {
  return readToken(c.req.header('cookie'), stepCookieName(instance, c.get('origin').secure))
}

/** The Set-Cookie header that hands a session to the browser. */
export function sessionCookie(
  c: Context<AppEnv>,
  { instance }: IdentityOptions,
  { token, ageMs }: Pick<NewSession, 'token' | 'ageMs'>,
): string {
  const { secure } = c.get('origin')
  return setCookie(cookieName(instance, secure), token, ageMs, secure)
}

/** What the sign-in page is told about who asks. */
export async function authState(
  { instance, passwordFile, adminPassword, tenant, database, secondStep, offered }: IdentityOptions,
  you: (Who & { readonly role: PersonRole }) | undefined,
  isHalf = false,
): Promise<AuthState> {
  const owner = { tenant, person: homeOwner }
  const closed = await secondStep.isPasswordClosed(database.as(tenant), owner)
  return {
    signed_in: you !== undefined,
    second_step: isHalf && you === undefined,
    password_set: (adminPassword() ?? '') !== '',
    password_open: !closed,
    instance,
    password_file: passwordFile,
    providers: (await offered?.()) ?? [],
    you: you === undefined ? null : { id: you.person, role: you.role, home: you.tenant === tenant },
  }
}

/** The answer to a sign-in: AuthState, with the cookie of the session or of the second step. */
export async function answerEntered(
  c: Context<AppEnv>,
  options: IdentityOptions,
  entered: Entered,
): Promise<Response> {
  const { secure } = c.get('origin')
  if ('half' in entered) {
    const { token, ageMs } = entered.half
    c.header('set-cookie', setCookie(stepCookieName(options.instance, secure), token, ageMs, secure))
    return c.json(await authState(options, undefined, true))
  }
  c.header('set-cookie', sessionCookie(c, options, entered.session))
  // Whoever is in by whichever way waits for no second step any more.
  if (readStep(c, options) !== undefined)
    c.header('set-cookie', clearCookie(stepCookieName(options.instance, secure), secure), { append: true })
  return c.json(await authState(options, entered.session.who))
}

/** The Set-Cookie header that takes a session's cookie away. */
export function goodbye(c: Context<AppEnv>, { instance }: IdentityOptions): string {
  const { secure } = c.get('origin')
  return clearCookie(cookieName(instance, secure), secure)
}

type Identify = { identify(claim: ReturnType<typeof claimOf>): Promise<Identity | undefined> }

/** Who sends a request to an open route, where no guard has looked. */
export async function knownSender(identity: Identify, c: Context<AppEnv>): Promise<Identity | undefined> {
  return (c.get('identity') as Identity | undefined) ?? identity.identify(claimOf(c))
}

/** From where somebody signs in, and whom the browser was signed in as. */
export async function arrivalOf(identity: Identify, c: Context<AppEnv>): Promise<Arrival> {
  return {
    address: c.get('address'),
    userAgent: c.req.header('user-agent') ?? '',
    replaces: await knownSender(identity, c),
  }
}
