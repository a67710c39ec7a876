/** Ways to break tokens: access tokens, refreshing, authorization codes, registered apps, personal tokens. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what stands in other sources, letter by letter.
import type { Break } from './breaks.ts'
import { identityBreaksOf as breaks } from './row.ts'

const tokens = 'packages/server/src/tokens/'
const token = 'identity-token'
const refresh = 'identity-refresh'
const native = 'identity-native'
const scopes = 'identity-token-scopes'

/** Of tokens. */
export const accessBreaks: readonly Break[] = [
  ...breaks(`${tokens}access.ts`, token, [
    ['a token has one spelling', '!parts.every(isCanonical)', 'parts.some((part) => part === null)'],
    ['a header holds three names', 'z.strictObject({\n  alg', 'z.object({\n  alg'],
    ['a key brings its own algorithm', 'algorithms: [found.alg],', ''],
    ['a token is of this house', 'issuer: issuer.url,\n', ''],
    ['a token is for this house', 'audience: issuer.audience,', ''],
    ['a token is an access token', 'typ: z.literal(typ),\n})', 'typ: z.string().optional(),\n})'],
    [
      'nothing is missing',
      "requiredClaims: ['exp', 'iat', 'sub', 'sid', 'jti'],",
      '',
      'the form of our claims wants the same ones',
    ],
    ['nothing longer is looked at', 'const maxCharacters = 4096', 'const maxCharacters = 1e9'],
  ]),
  ...breaks(`${tokens}key-plan.ts`, token, [
    ['clocks differ by five seconds', 'leewayMs = 5_000', 'leewayMs = 60_000'],
  ]),
  ...breaks(`${tokens}claims.ts`, token, [
    ['claims hold nothing else', 'const Claims = z.strictObject({', 'const Claims = z.looseObject({'],
    ['who it is stands there once', " || hasura['x-hasura-user-id'] !== sub", ''],
  ]),
  ...breaks(
    `${tokens}service.ts`,
    [token, 'identity-pairing-device'],
    [
      [
        'a device’s token is worth nothing without its key',
        'if (grant === undefined || grant.jkt !== undefined) return undefined',
        'if (grant === undefined) return undefined',
      ],
      [
        'what ended opens nothing',
        'if (role === undefined) return undefined\n',
        "if (role === undefined) return { ...grant, principal: principalOf(grant.person, grant.role), via: 'access-token' }\n",
      ],
    ],
  ),
  ...breaks(`${tokens}service.ts`, scopes, [
    [
      'an access token has its scopes',
      "via: 'access-token', scopes }",
      "via: 'access-token', scopes: null }",
    ],
  ]),
  ...breaks(
    `${tokens}alive.ts`,
    [token, refresh],
    [
      ['a token never raises anybody', 'lowerOf(alive.role, alive.familyRole)', 'alive.role'],
      [
        'what is remembered is remembered for two seconds',
        'const rememberedMs = 2_000',
        'const rememberedMs = 20_000',
      ],
      ['what has ended here is forgotten', 'forget: () => remembered.clear(),', 'forget: () => {},'],
    ],
  ),
  ...breaks(
    `${tokens}family-store.ts`,
    [token, refresh],
    [
      ['a family is its person’s', "    .where('f.person_id', '=', of.person)\n", ''],
      [
        'a family that ended opens nothing',
        "    .where('f.ended_at', 'is', null)\n    .where('f.expires_at'",
        "    .where('f.expires_at'",
      ],
      [
        'a family that ran out opens nothing',
        "    .where('f.expires_at', '>', now)\n    .where('p.disabled_at'",
        "    .where('p.disabled_at'",
      ],
      [
        'who is disabled opens nothing',
        "    .where('p.disabled_at', 'is', null)\n    .executeTakeFirst()\n  return row === undefined ? undefined : { role",
        '    .executeTakeFirst()\n  return row === undefined ? undefined : { role',
      ],
      [
        'of two who refresh at once one is second',
        "    .where('token_hash', '=', hash)\n    .forUpdate()",
        "    .where('token_hash', '=', hash)",
      ],
    ],
  ),
  ...breaks(`${tokens}end-access.ts`, refresh, [
    ['what is about to end opens nothing', '  alive.bar(ended)\n', '  void [alive, ended]\n'],
  ]),
  ...breaks(`${tokens}end-access.ts`, refresh, [
    [
      'personal tokens end with their person',
      '  await revokePersonal(tenant, transaction, { person, at })\n',
      '',
    ],
  ]),
  ...breaks(`${tokens}keyring.ts`, token, [
    [
      'keys that are not trusted leave at once',
      'if (atOnce) await forget((key) => key.kid !== made.kid)',
      '',
    ],
  ]),
  ...breaks(`${tokens}refresh.ts`, refresh, [
    [
      'a second use ends the family',
      '        await reused(parts, transaction, tenant, found, arrival)\n',
      '',
    ],
    ['a refresh token is used once', '      await store.useRefresh(tenant, transaction, hash, at)\n', ''],
    ['a refresh token is its app’s', ' || found.family.client !== request.client_id', ''],
    [
      'a refresh asks for no more',
      'scopes?.every((scope) => granted.includes(scope)) === true',
      'scopes !== undefined',
    ],
    [
      'a family that ended is not refreshed',
      'family.endedAt === null && !family.disabled',
      '!family.disabled',
    ],
    [
      'who is disabled is not refreshed',
      'family.endedAt === null && !family.disabled',
      'family.endedAt === null',
    ],
    [
      'a family ends after 180 days',
      '!family.disabled && family.expiresAt > at',
      '!family.disabled',
      'no refresh token is given that outlives its family',
    ],
  ]),
  ...breaks(
    `${tokens}oauth-routes.ts`,
    [refresh, native],
    [['no parameter comes twice', 'if (name in values) throw', 'if (name === undefined) throw']],
  ),
  ...breaks(`${tokens}refresh.ts`, `${tokens}tokens.test.ts`, [
    ['an unused refresh token ends', 'found.expiresAt <= at || ', ''],
  ]),
  ...breaks(`${tokens}revocation.ts`, refresh, [
    ['an app gives back its own', ' || found.client !== client', ''],
  ]),
  ...breaks(
    `${tokens}value.ts`,
    [refresh, scopes],
    [
      [
        'values are stored as hashes',
        "createHash('sha256').update(value).digest()",
        "createHash('sha256') && Buffer.from(value)",
      ],
    ],
  ),
  ...breaks(`${tokens}codes.ts`, native, [
    ['a code is used once', 'if (found.usedAt !== null)', 'if (found.usedAt === undefined)'],
    [
      'a second showing ends what the first was given',
      "if (!(await endInDoubt(parts, transaction, { tenant, person, role, family }, 'code_reuse'))) return\n",
      '',
    ],
    ['a code is good for a minute', ' || code.expiresAt.getTime() <= now', ''],
    ['a code is its app’s', 'code.client !== request.client_id || ', ''],
    ['a code is for one address', ' || code.redirectUri !== request.redirect_uri', ''],
    [
      'a code wants its verifier',
      'expected.length === digest.length && timingSafeEqual(digest, expected)',
      'expected.length === digest.length',
    ],
    ['a verifier has 43 characters', '{43,128}$/.test(verifier)', '{0,128}$/.test(verifier)'],
    [
      'a wrong try burns a code',
      '      await store.useCode(tenant, transaction, hash, use)\n      if (grant === undefined) return undefined\n',
      '      if (grant === undefined) return undefined\n      await store.useCode(tenant, transaction, hash, use)\n',
    ],
    ['a code of somebody disabled is nobody’s', 'if (code.disabled || ', 'if ('],
  ]),
  ...breaks(`${tokens}authorization.ts`, native, [
    ['PKCE is S256', "request.code_challenge_method !== 'S256' || ", ''],
    ['a challenge has its form', ' || !/^[\\w-]{43}$/.test(challenge)', ''],
    ['answers go to registered addresses', ' || !isRegistered(redirectUri, client.redirect_uris)', ''],
  ]),
  ...breaks(`${tokens}redirects.ts`, native, [
    ['an address is the registered one', 'uri === asked ||', 'asked.startsWith(uri) ||'],
    ['of a loopback address only the port is free', " && (one[3] ?? '') === (other[3] ?? '')", ''],
    ['a loopback address is the one that was named', 'return one[1] === other[1] && ', 'return '],
  ]),
  ...breaks(`${tokens}clients.ts`, native, [
    ['not every address is registered', '  for (const uri of asked.redirect_uris) checkRedirect(uri)\n', ''],
  ]),
  ...breaks(`${tokens}consent.ts`, native, [
    ['a yes needs a factor just shown', '  await parts.options.requireFresh(identity)\n', ''],
    [
      'a yes is a person’s at the page',
      "if (identity.via !== 'session')\n",
      'if (identity.via === undefined)\n',
    ],
  ]),
  ...breaks(`${tokens}store.ts`, scopes, [
    ['a revoked token opens nothing', "    .where('t.revoked_at', 'is', null)\n", ''],
    ['a token of somebody disabled opens nothing', "    .where('p.disabled_at', 'is', null)\n", ''],
    [
      'one revokes one’s own',
      ".set({ revoked_at: by.at })\n    .where('tenant_id', '=', tenant)\n    .where('person_id', '=', by.person)",
      ".set({ revoked_at: by.at })\n    .where('tenant_id', '=', tenant)",
    ],
  ]),
  ...breaks(`${tokens}personal.ts`, scopes, [
    [
      'a personal token has its scopes',
      "via: 'personal-token', scopes }",
      "via: 'personal-token', scopes: null }",
    ],
  ]),
  ...breaks(`${tokens}families.ts`, scopes, [
    ['one ends one’s own apps', '{ id, person }, end)', '{ id }, end)'],
  ]),
  ...breaks(`${tokens}mint.ts`, token, [
    ['tokens are minted at the machine', "if (via !== 'local-token')", 'if (via === undefined)'],
  ]),
  ...breaks(`${tokens}routes.ts`, `${tokens}tokens.test.ts`, [
    [
      'a personal token is made after a factor just shown',
      "await options.requireFresh(c.get('identity'))\n    return c.json(await makePersonal",
      'return c.json(await makePersonal',
    ],
    [
      'an app is registered after a factor just shown',
      "await options.requireFresh(c.get('identity'))\n    return c.json(await addClient",
      'return c.json(await addClient',
    ],
    [
      'an app is removed after a factor just shown',
      "await options.requireFresh(c.get('identity'))\n    await removeClient",
      'await removeClient',
    ],
    [
      'keys are rotated after a factor just shown',
      "await options.requireFresh(c.get('identity'))\n    await keyring.rotate",
      'await keyring.rotate',
    ],
  ]),
]
