/** What a sign-in comes to at the door: a session in its cookie, or a second step to be shown first. */
import type { AuthState, PersonRole } from '@castellan/contracts'
import type { Context } from 'hono'
import type { AppEnv, Identity, Who } from '../http/env.ts'
import { claimOf } from '../http/guards.ts'
import { clearCookie, cookieName, setCookie } from './cookie.ts'
import type { HalfSignedIn } from './second-step.ts'
import type { Arrival, NewSession } from './sessions.ts'
import type { IdentityOptions } from './types.ts'

/** What a first proof led to. */
export type Entered = { readonly session: NewSession } | { readonly half: HalfSignedIn }

/** The name of the cookie that holds a sign-in which waits for its second step. */
export const stepCookieName = (instance: string, secure: boolean): string =>
  `${cookieName(instance, secure)}_step`

/** What the sign-in page is told about who asks. */
export function authState(
  { instance, passwordFile, adminPassword, tenant }: IdentityOptions,
  you: (Who & { readonly role: PersonRole }) | undefined,
  secondStep = false,
): AuthState {
  return {
    signed_in: you !== undefined,
    second_step: secondStep,
    password_set: (adminPassword() ?? '') !== '',
    instance,
    password_file: passwordFile,
    you: you === undefined ? null : { id: you.person, role: you.role, home: you.tenant === tenant },
  }
}

/** The answer to a sign-in: AuthState, with the cookie of the session or of the second step. */
export function answerEntered(c: Context<AppEnv>, options: IdentityOptions, entered: Entered): Response {
  const { secure } = c.get('origin')
  const { instance } = options
  if ('half' in entered) {
    const { token, ageMs } = entered.half
    c.header('set-cookie', setCookie(stepCookieName(instance, secure), token, ageMs, secure))
    return c.json(authState(options, undefined, true))
  }
  const { token, ageMs, who } = entered.session
  c.header('set-cookie', setCookie(cookieName(instance, secure), token, ageMs, secure))
  return c.json(authState(options, who))
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
