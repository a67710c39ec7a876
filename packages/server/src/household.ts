/** Part of the composition: the people of the house, with the post that goes out to them. */
import { openMail } from './adapters/mail/index.ts'
import type { Foundation } from './foundation.ts'
import type { RequireFresh } from './http/fresh.ts'
import type { EndAccess, IdentityOptions, IdentityService } from './identity/index.ts'
import type { Instance } from './instance/index.ts'
import {
  accountRoutes,
  type CheckSecond,
  type ForgetProofs,
  linkRoutes,
  makePost,
  peopleRoutes,
} from './people/index.ts'
import { recorder } from './record.ts'

export interface HouseholdParts {
  readonly instance: Instance
  readonly foundation: Foundation
  readonly identity: IdentityService
  readonly options: IdentityOptions
  readonly requireFresh: RequireFresh
  readonly checkSecond: CheckSecond
  readonly forgetProofs: ForgetProofs
  /** Ends what a person holds besides sessions: tokens, devices. */
  readonly endAccess: readonly EndAccess[]
}

/** The doors of people/, and how to end the post at the stop. */
export function openHousehold(parts: HouseholdParts) {
  const { instance, foundation, identity, options, requireFresh, checkSecond, forgetProofs, endAccess } =
    parts
  const { boot } = instance.configuration
  const { database, tenant, limits, listener, log } = foundation
  const { SMTP_URL, MAIL_FROM } = boot
  const sendMail =
    SMTP_URL === null ? undefined : openMail({ url: SMTP_URL, from: MAIL_FROM ?? `castellan@localhost` })
  // An address in a log is somebody's; what the mail server said is enough.
  const onUndelivered = (error: unknown) => log.warn({ code: codeOf(error) }, 'a letter was not delivered')
  const post = makePost(sendMail, onUndelivered)
  const people = {
    ...{ database, identity, requireFresh, checkSecond, forgetProofs, endAccess, sendMail, onUndelivered },
    ...{ home: tenant, instance: instance.name, limiter: limits, now: Date.now },
    url: boot.PUBLIC_ORIGINS[0] === undefined ? listener.url : originOf(boot.PUBLIC_ORIGINS[0]),
    record: recorder(tenant).people,
  }
  return {
    api: [peopleRoutes(people, post), accountRoutes(people, post)],
    auth: [linkRoutes(people, post, options)],
    stop: () => post.stop(),
  }
}

/** A bare name means https on its default port, as for the guards. */
const originOf = (origin: string): string =>
  new URL(origin.includes('://') ? origin : `https://${origin}`).origin

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
