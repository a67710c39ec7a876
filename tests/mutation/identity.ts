/** Ways to break who may come in and do what, one rule at a time; each with the tests that are to notice. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what stands in other sources, letter by letter.
import { accessBreaks } from './access.ts'
import type { Break } from './breaks.ts'
import { callerBreaks } from './callers.ts'
import { factorBreaks } from './factors.ts'
import { pairingBreaks } from './pairing.ts'
import { identityBreaksOf as breaks } from './row.ts'

const server = 'packages/server/src/'
const people = `${server}people/`
const identity = `${server}identity/`

const peopleBreaks: readonly Break[] = [
  ...breaks(`${people}invitation-store.ts`, 'identity-invitation', [
    [
      'an invitation is used once',
      ".where('token_hash', '=', tokenHash)\n    .where('used_at', 'is', null)",
      ".where('token_hash', '=', tokenHash)",
    ],
    [
      'an invitation that was taken back is found no more',
      ".where('revoked_at', 'is', null)\n    .where('expires_at', '>', now)\n}",
      ".where('expires_at', '>', now)\n}",
    ],
    ['an invitation that ran out is found no more', ".where('expires_at', '>', now)\n}", '\n}'],
  ]),
  ...breaks(`${people}invitations.ts`, 'identity-invitation', [
    [
      'an invitation is good for 72 hours',
      'const validMs = 72 * 3_600_000',
      'const validMs = 720 * 3_600_000',
    ],
    [
      'inviting needs a fresh factor',
      'await options.requireFresh(who)\n  if (email !== undefined)',
      'if (email !== undefined)',
    ],
  ]),
  ...breaks(
    `${people}guesses.ts`,
    ['identity-invitation', 'identity-recovery'],
    [
      [
        'guesses at links are counted',
        "if ('blockedUntil' in attempt) {",
        "if ('blockedUntil' in attempt && false) {",
      ],
    ],
  ),
  ...breaks(`${people}people.ts`, 'identity-people', [
    ['an owner stays', "if (row.role === 'owner') throw ownerStays()", ''],
    [
      'closing an account ends what it opens',
      'if (disabled) await endAll(options, transaction, { tenant, person }, who)',
      '',
    ],
    [
      'a change of people needs a fresh factor',
      'await options.requireFresh(who)\n  return withOther(options, who, id, async (transaction, person, { role: from',
      'return withOther(options, who, id, async (transaction, person, { role: from',
    ],
    [
      'removing somebody needs a fresh factor',
      'await options.requireFresh(who)\n  await withOther(',
      'await withOther(',
    ],
    [
      'ending other people’s sessions needs a fresh factor',
      'await options.requireFresh(who)\n  const person = await known',
      'const person = await known',
    ],
    [
      'tokens and devices end with the account',
      'for (const end of endAccess) await end(transaction, who)',
      '',
    ],
  ]),
  ...breaks(
    `${people}recovery.ts`,
    ['identity-recovery', 'identity-email'],
    [
      [
        'mail goes to the stored address',
        'recoveryLetter(options.instance, made.email,',
        'recoveryLetter(options.instance, email,',
      ],
      [
        'an address that was not proved recovers nothing',
        '|| row.email_verified_at === null) return undefined',
        ') return undefined',
      ],
      [
        'a closed account recovers nothing',
        '|| row.disabled_at !== null || row.email_verified_at',
        '|| row.email_verified_at',
      ],
      [
        'a recovery demands the second step',
        'await options.checkSecond?.({ tenant, person }, { code, address })',
        '',
      ],
      ['the owner of the house is not recovered by mail', '|| found.id === homeOwner) return', ') return'],
      [
        'a mailbox is not flooded',
        "if ((await limiter.take('recover', found.id, perMailbox)) > 0) return",
        '',
      ],
      [
        'a new address recovers nothing for 72 hours',
        'if (at.getTime() - changedAt < settledMs) return undefined',
        '',
      ],
      ['a link is good for 30 minutes', 'const validMs = 30 * 60_000', 'const validMs = 300 * 60_000'],
      [
        'a newer link ends the older',
        "await store.voidLinks(tenant, transaction, person, ['recover'], at)",
        '',
      ],
      [
        'a recovery signs everybody out',
        "await endAll(options, transaction, { tenant, person }, { principal }, 'recovered')",
        '',
      ],
    ],
  ),
  ...breaks(
    `${people}store.ts`,
    ['identity-email', 'identity-recovery'],
    [
      [
        'a link opens its own door alone',
        ".where('kind', '=', which.kind)\n    .where('used_at', 'is', null)\n    .where('expires_at', '>', now)\n    .returning(",
        ".where('used_at', 'is', null)\n    .where('expires_at', '>', now)\n    .returning(",
      ],
      [
        'a link is used once',
        ".where('used_at', 'is', null)\n    .where('expires_at', '>', now)\n    .returning(['person_id', 'email'",
        ".where('expires_at', '>', now)\n    .returning(['person_id', 'email'",
      ],
      [
        'a link that ran out is spent no more',
        ".where('expires_at', '>', now)\n    .returning(['person_id', 'email'",
        ".returning(['person_id', 'email'",
      ],
    ],
  ),
  ...breaks(`${people}email-change.ts`, 'identity-email', [
    [
      'taking an address back signs everybody out',
      "await endAll(options, transaction, { tenant, person }, { principal }, 'email_taken_back')",
      '',
    ],
    [
      'an address whose link was handed over is not proved',
      'email_verified_at: handed ? null : at',
      'email_verified_at: at',
    ],
    ['the old mailbox has 72 hours', 'const cancelMs = 72 * 3_600_000', 'const cancelMs = 2 * 3_600_000'],
    [
      'an address that somebody has is refused at its mailbox',
      'if (!isOwn && (await store.isEmailTaken(transaction, key))) throw emailTaken()',
      '',
    ],
    [
      'another address needs a fresh factor',
      'await options.requireFresh(who)\n  const { tenant, person, principal } = who',
      'const { tenant, person, principal } = who',
    ],
    [
      'where the house sends mail nobody is handed the link',
      'if (options.sendMail !== undefined)',
      'if (options.sendMail !== undefined && false)',
    ],
  ]),
  ...breaks(`${identity}by-email.ts`, 'identity-signin', [
    [
      'it takes as long for nobody as for somebody',
      'const { right, stale } = await verifyPassword(given.password, found?.hash ?? (await hashOfNobody()))',
      'const { right, stale } = found?.hash == null ? { right: false, stale: false } : await verifyPassword(given.password, found.hash)',
    ],
    ['failures count by account too', "if ('blockedUntil' in byAccount) throw tooMany(byAccount.waitMs)", ''],
    [
      'a closed account is told nothing else',
      '|| !right || found.disabled) throw await fail()\n  await settle()\n  const who',
      '|| !right) throw await fail()\n  await settle()\n  const who',
    ],
  ]),
  ...breaks(`${identity}by-email.ts`, 'identity-limits', [
    [
      'one’s own password forgives no guesses at others’',
      "await limiter.giveBack('password', place)",
      "await limiter.forgive('password', place)",
    ],
    ['failures count by address', "if ('blockedUntil' in byAddress) throw tooMany(byAddress.waitMs)", ''],
  ]),
  ...breaks(`${identity}email.ts`, 'identity-signin', [
    [
      'spellings of one address are one',
      "address.trim().normalize('NFKC').toLowerCase().normalize('NFKC')",
      'address.trim()',
    ],
  ]),
  ...breaks(
    `${identity}sessions.ts`,
    ['identity-session', 'identity-recovery', 'identity-totp'],
    [
      ['who signs in has forgotten nothing', 'await voidRecovery(tenant, transaction, person, now)', ''],
      [
        'a sign-in ends the session it replaces',
        'if (replaces.tenant === tenant) await endSome(transaction, ending)',
        'if (replaces.tenant === tenant) return',
      ],
      [
        'also that of another tenant',
        '.execute((other) => endSome(other, ending))',
        '.execute(async () => {})',
      ],
      ['a closed account begins no session', '|| found.disabled_at !== null)', ')'],
      [
        'no session is longer than eight hours',
        'const maxSessionMs = 8 * 3_600_000',
        'const maxSessionMs = 80 * 3_600_000',
        'SESSION_HOURS goes no further',
      ],
    ],
  ),
  ...breaks(
    `${identity}store.ts`,
    ['identity-session', 'identity-step-up'],
    [
      [
        'one ends one’s own sessions alone',
        ".set({ revoked_at: now })\n    .where('tenant_id', '=', tenant)\n    .where('person_id', '=', person)",
        ".set({ revoked_at: now })\n    .where('tenant_id', '=', tenant)",
      ],
    ],
  ),
  ...breaks(
    `${identity}identity.ts`,
    ['identity-step-up', 'login-brute-force'],
    [
      [
        'the door of ADMIN_PASSWORD can be closed',
        'if (await options.secondStep.isPasswordClosed(handle, owner)) throw passwordClosed()',
        '',
      ],
      [
        'no session counts while ADMIN_PASSWORD is unset',
        'if (token === undefined || !isPasswordSet()) return undefined',
        'if (token === undefined) return undefined',
      ],
    ],
  ),
  ...breaks(
    `${identity}identity.ts`,
    ['identity-totp'],
    [
      [
        'a first proof is followed by the second',
        'const half = await options.secondStep.ask(transaction, { ...who, by })',
        'const half = null as { token: string; ageMs: number } | null',
      ],
    ],
  ),
  ...breaks(`${server}http/authority.ts`, 'identity-people', [
    ['a route answers the roles of its row', 'if (!row.roles.includes(role)) return false', ''],
    [
      'a route of the house answers the house',
      "if (row.tenants === 'home' && tenant !== homeTenant) return false",
      '',
    ],
    [
      'a route without a row answers the house',
      "return tenant === homeTenant && role === 'owner'",
      "return role === 'owner'",
    ],
  ]),
  ...breaks(`${server}http/authority.ts`, 'identity-token-scopes', [
    [
      'a route answers the scope of its row',
      'return scopes === null || (row.scope !== null && scopes.includes(row.scope))',
      'return true',
    ],
  ]),
  ...breaks(`${server}adapters/mail/index.ts`, 'packages/server/src/adapters/mail/mail.test.ts', [
    ['letters leave by TLS', 'requireTLS: !secure && !isHere', 'requireTLS: false'],
  ]),
]

/** All of them. */
export const identityBreaks: readonly Break[] = [
  ...peopleBreaks,
  ...factorBreaks,
  ...accessBreaks,
  ...pairingBreaks,
  ...callerBreaks,
]
