/** Ways to break what proves somebody: codes, passkeys, freshness, the second step, and the yes to a question. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what stands in other sources, letter by letter.
import type { Break } from './breaks.ts'
import { identityBreaksOf as breaks } from './row.ts'

const factors = 'packages/server/src/factors/'
const stepUp = 'identity-step-up'
const totp = 'identity-totp'
const passkey = 'identity-passkey'

/** Of factors. */
export const factorBreaks: readonly Break[] = [
  ...breaks(`${factors}totp.ts`, totp, [
    ['a code counts one step to either side', 'const tolerance = 1', 'const tolerance = 2'],
  ]),
  ...breaks(`${factors}codes.ts`, totp, [
    ['five wrong codes lock', 'const lock = { failures: 5,', 'const lock = { failures: 500,'],
    [
      'a lock locks',
      "if ('blockedUntil' in counted) throw locked(counted.waitMs)",
      "if ('blockedUntil' in counted) counted.waitMs.toFixed()",
    ],
    ['a lock is one person’s', 'const key = `${who.tenant} ${who.person}`', 'const key = who.tenant'],
    ['the code that enrolled is spent', 'totp_last_step: step }', 'totp_last_step: 0 }'],
    ['only the last secret counts', 'if (totpPending !== waiting || isLate)', 'if (isLate)'],
    [
      'a secret waits for 15 minutes',
      'if (totpPending !== waiting || isLate)',
      'if (totpPending !== waiting)',
    ],
    ['who enrolled is told of a lock', 'if (left === 0) await tellOfLock(options, who)', ''],
    [
      'the secret that counted leaves the vault',
      'if (before !== null) await vault.unset(who.tenant, before)\n  return codes',
      'return codes',
    ],
  ]),
  ...breaks('packages/server/src/vault/routes.ts', totp, [
    [
      'a secret of codes has no door among the secrets',
      "['totp', 'token', 'provider']",
      "['token', 'provider']",
    ],
  ]),
  ...breaks(`${factors}store.ts`, totp, [
    ['a code counts once', "    .where('totp_last_step', '<', String(step))\n", ''],
    [
      'a recovery code counts once',
      ".where('code_hash', '=', hash)\n    .where('used_at', 'is', null)",
      ".where('code_hash', '=', hash)",
    ],
    ['new recovery codes end the old', 'await deleteRecoveryCodes({ tenant, person }, transaction)\n', ''],
  ]),
  ...breaks(`${factors}store.ts`, stepUp, [
    ['two who remove the last passkeys wait for one another', '${who.person} for update`', '${who.person}`'],
    [
      'what was shown counts for its own session',
      ".where('s.id', '=', session)",
      ".where('s.id', 'is not', null)",
    ],
  ]),
  ...breaks(`${factors}signin.ts`, totp, [
    ['who has codes is asked for one', 'if (!totp) return null', 'if (totp || !totp) return null'],
    ['a sign-in waits for five minutes', ".where('expires_at', '>', new Date(now()))", ''],
    [
      'a sign-in that waits begins one session',
      'if (!(await endHalf(transaction, half)))',
      'if ((await endHalf(transaction, half)) === null)',
    ],
  ]),
  ...breaks(
    `${factors}signin.ts`,
    [totp, passkey, stepUp],
    [
      [
        'a passkey is shown to one sign-in that waits',
        "subject: half.hash.toString('hex') }",
        'subject: null }',
      ],
      [
        'waiting sign-ins end with a closed account or a recovery',
        "  await transaction\n    .deleteFrom('castellan.half_signins')\n    .where('tenant_id', '=', tenant)\n    .where('person_id', '=', person)\n    .execute()\n",
        '  await Promise.resolve([transaction, tenant, person])\n',
      ],
    ],
  ),
  ...breaks(`${factors}fresh.ts`, stepUp, [
    ['what was shown counts for five minutes', 'const freshMs = 300_000', 'const freshMs = 3_000_000'],
    [
      'tokens and devices are never fresh',
      "if (via !== 'session' || sessionId === undefined) throw inPersonOnly(atLeast)",
      "if (via !== 'session' || sessionId === undefined) return",
    ],
    [
      'the local token shows no passkey',
      "if (via === 'local-token' && atLeast === 'password') return",
      "if (via === 'local-token') return",
    ],
    [
      'once there is something stronger a password is not fresh',
      "const needed = isStrong && atLeast === 'password' ? 'totp' : atLeast",
      'const needed = isStrong ? atLeast : atLeast',
    ],
    [
      'once there is something stronger a password is not taken',
      'if (strong.length > 0) return strong',
      "if (strong.length > 0) return ['password', ...strong]",
    ],
    [
      'a session that has shown nothing lately is not fresh',
      'if (fresh !== null && isAtLeast(fresh.factor, needed)) return',
      'if (fresh === null || isAtLeast(fresh.factor, needed)) return',
    ],
  ]),
  ...breaks(
    `${factors}proofs.ts`,
    [stepUp, 'approval-local-token'],
    [
      [
        'the local token changes no proof',
        "if (via === 'session' && sessionId !== undefined) return { tenant, person, sessionId }",
        "if (via === 'local-token') return { tenant, person, sessionId: '' }\n  if (via === 'session' && sessionId !== undefined) return { tenant, person, sessionId }",
      ],
      [
        'a yes of the local token is a click',
        "if (via !== 'session' || sessionId === undefined) return 'click'",
        "if (sessionId === undefined)\n    return given.password === undefined ? 'click' : takePassword(options, identity, given.password, at.address)",
      ],
      [
        'a password is taken while it is the best proof',
        "if (!accepted.includes('password')) throw passwordIsPast(accepted)",
        '',
      ],
      [
        'a yes by passkey is for one question',
        'session: bearer.sessionId, subject }) as const',
        'session: bearer.sessionId, subject: subject.slice(0, 0) }) as const',
      ],
      [
        'a recovery code is no yes',
        'await takeCode(options, bearer, { code: given.code })',
        'await takeCode(options, bearer, given.code.length > 6 ? { recovery: given.code } : { code: given.code })',
      ],
    ],
  ),
  ...breaks('packages/server/src/identity/store.ts', stepUp, [
    [
      'showing a factor gives the session another token',
      '.set({ token_hash: session.tokenHash })',
      '.set({ person_id: session.person })',
    ],
  ]),
  ...breaks(`${factors}admin-password.ts`, stepUp, [
    [
      'the password is given up for a passkey alone',
      'if (!open && (await loadPasskeys(who, transaction)).length === 0)',
      'if (!open && (await loadPasskeys(who, transaction)).length < 0)',
    ],
    [
      'the door is the owner’s alone',
      'if (who.tenant !== homeTenant || who.person !== homeOwner)',
      'if (who.tenant !== homeTenant && who.person !== homeOwner)',
      'its route answers the owner of the house alone',
    ],
  ]),
  ...breaks(
    `${factors}routes.ts`,
    [stepUp, totp],
    [
      ['the door is closed by a passkey just shown', "await fresh(c, 'passkey')", 'await fresh(c)'],
      [
        'codes are begun after a factor just shown',
        'await beginTotp(factors, await fresh(c))',
        "await beginTotp(factors, bearerOf(c.get('identity')))",
      ],
      [
        'codes are removed after a factor just shown',
        'await removeTotp(factors, await fresh(c))',
        "await removeTotp(factors, bearerOf(c.get('identity')))",
      ],
      [
        'recovery codes are made after a factor just shown',
        'await renewRecoveryCodes(factors, await fresh(c))',
        "await renewRecoveryCodes(factors, bearerOf(c.get('identity')))",
      ],
      [
        'a passkey is removed after a factor just shown',
        'await removePasskey(factors, await fresh(c), idOf(c))',
        "await removePasskey(factors, bearerOf(c.get('identity')), idOf(c))",
      ],
      [
        'a passkey is added after a factor just shown',
        "await addPasskey(factors, await fresh(c), c.get('origin'), given)",
        "await addPasskey(factors, bearerOf(c.get('identity')), c.get('origin'), given)",
      ],
      [
        'codes are confirmed after a factor just shown',
        'await confirmTotp(factors, await fresh(c), code)',
        "await confirmTotp(factors, bearerOf(c.get('identity')), code)",
      ],
      ['showing factors has a rate', 'if (waitMs === 0) return\n', 'if (waitMs >= 0) return\n'],
    ],
  ),
  ...breaks(
    `${factors}passkeys.ts`,
    [stepUp, passkey],
    [
      [
        'while the door is closed the last passkey stays',
        'if (isLast && passwordClosedAt !== null)',
        'if (isLast && passwordClosedAt === undefined)',
      ],
      [
        'another’s passkey proves nothing',
        'if (showing.who !== null && showing.who.person !== passkey.person) throw passkeyRefused()',
        '',
      ],
      ['a challenge is for one try', 'if (!ours) throw passkeyRefused()', ''],
      [
        'a passkey is made for a challenge of ours',
        'registering(bearer), options.now()))) throw passkeyRefused()',
        'registering(bearer), options.now()))) party.id.trim()',
      ],
      [
        'a counter that stands still is a copy',
        'if (!(await store.saveUsed(',
        'if (undefined === (await store.saveUsed(',
      ],
    ],
  ),
  ...breaks(`${factors}passkey-store.ts`, passkey, [
    ['a passkey of a closed account is not there', "\n    .where('p.disabled_at', 'is', null)", ''],
    [
      'one renames one’s own passkey',
      ".set({ name })\n    .where('tenant_id', '=', tenant)\n    .where('person_id', '=', person)",
      ".set({ name })\n    .where('tenant_id', '=', tenant)\n    .where('person_id', 'is not', null)",
      'the row is then not among one’s own, and all is taken back',
    ],
    [
      'one removes one’s own passkey',
      ".deleteFrom('castellan.passkeys')\n    .where('tenant_id', '=', tenant)\n    .where('person_id', '=', person)\n    .where('id'",
      ".deleteFrom('castellan.passkeys')\n    .where('tenant_id', '=', tenant)\n    .where('id'",
    ],
  ]),
  ...breaks(
    `${factors}challenges.ts`,
    [passkey, stepUp],
    [
      ['a challenge is for one purpose', 'row.purpose === of.purpose &&', ''],
      [
        'a challenge is for one person',
        'row.person_id === of.person &&',
        '',
        'its session, or the sign-in that waits, is one person’s alone',
      ],
      ['a challenge is for one session', 'row.session_id === of.session &&', ''],
      ['a challenge is for one thing', '&&\n    row.subject === of.subject', ''],
      [
        'a challenge counts for five minutes',
        'row === undefined || row.expires_at.getTime() <= now',
        'row === undefined',
      ],
      [
        'a challenge is used up',
        ".deleteFrom('castellan.challenges')\n    .where('tenant_id', '=', of.tenant)\n    .where('challenge_hash'",
        ".updateTable('castellan.challenges')\n    .set({ tenant_id: of.tenant })\n    .where('tenant_id', '=', of.tenant)\n    .where('challenge_hash'",
      ],
    ],
  ),
  ...breaks(`${factors}webauthn.ts`, passkey, [
    [
      'a passkey verifies its user',
      'requireUserVerification: true,\n      // Zero',
      'requireUserVerification: false,\n      // Zero',
    ],
    [
      'a passkey that is made verifies its user',
      'requireUserVerification: true,\n      supportedAlgorithmIDs',
      'requireUserVerification: false,\n      supportedAlgorithmIDs',
    ],
    ['nothing is shown from within a frame of another', '|| parsed.data.crossOrigin === true', ''],
    [
      'no statement with certificates is followed',
      "if (!plain || (fmt !== 'none' && fmt !== 'packed')) throw passkeyRefused()",
      '',
    ],
  ]),
]
