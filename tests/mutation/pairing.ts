/** Ways to break pairing: codes, the four words, devices, chat accounts. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what stands in other sources, letter by letter.
import type { Break } from './breaks.ts'
import { identityBreaksOf as breaks } from './row.ts'

const pairing = 'packages/server/src/pairing/'
const code = 'identity-pairing-code'
const words = 'identity-pairing-words'
const device = 'identity-pairing-device'
const account = 'identity-pairing-account'

/** Of pairing. */
export const pairingBreaks: readonly Break[] = [
  ...breaks(`${pairing}code.ts`, code, [
    [
      'a code is stored under a keyed hash',
      "createHmac('sha256', root).update(`code ${code}`).digest()",
      "createHash('sha256').update(code).digest()",
    ],
  ]),
  ...breaks(
    `${pairing}types.ts`,
    [code, words],
    [
      ['a code is good for ten minutes', 'codeMs = 600_000', 'codeMs = 900_000'],
      ['words may be compared for five minutes', 'compareMs = 300_000', 'compareMs = 600_000'],
    ],
  ),
  ...breaks(`${pairing}types.ts`, device, [
    [
      'a device is for less than a person',
      "Object.freeze(['read', 'chat', 'approve', 'data'])",
      "Object.freeze(['read', 'chat', 'approve', 'data', 'admin'])",
    ],
  ]),
  ...breaks(`${pairing}attempts.ts`, code, [
    ['ten failures of a sender', 'Object.freeze({ failures: 10,', 'Object.freeze({ failures: 11,'],
    ['a sender who failed too often waits', "throw tooMany(own.waitMs, 'this sender')", ''],
    [
      'five hundred of all together',
      "if ('blockedUntil' in all) throw tooMany(all.waitMs, 'all senders together')",
      '',
    ],
    [
      'no address in clear beside an attempt',
      "createHmac('sha256', options.root).update(`sender ${sender.way} ${sender.key}`).digest()",
      'Buffer.from(sender.key)',
    ],
    [
      'the last failure of a window is told',
      'const closed = own === senderRule.failures',
      'const closed = own < 0',
    ],
    [
      'the last failure of a window is told once',
      'const closed = own === senderRule.failures',
      'const closed = own > 1',
    ],
  ]),
  ...breaks(
    `${pairing}redeem.ts`,
    [code, words],
    [
      ['senders of one network count together', 'const key = limiterKey(address)', 'const key = address'],
      [
        'a code ends to the millisecond',
        "if (pairing.codeExpiresAt.getTime() <= now()) return { tenant, refusal: 'expired', pairing }",
        '',
      ],
      [
        'a code is spent once',
        "if (pairing.spentAt !== null) return { tenant, refusal: 'spent', pairing }",
        '',
      ],
      [
        'a code that was called off is void',
        "if (pairing.state !== 'open') return { tenant, refusal: 'expired', pairing }",
        '',
      ],
      ['a commitment is ours', "if (request.commitment !== commitmentOf(house)) return 'swapped'", ''],
      [
        'a code that came with another’s commitment is void',
        "await endPairing(found.tenant, transaction, found.pairing.id, { state: 'denied' })",
        '',
      ],
      ['a device has signed what it sends', '!isSignedBy(request.key, text, proof) || ', ''],
      [
        'no status before a device has come',
        'pairing.spentAt === null || pairing.channel !== null)',
        'pairing.channel !== null)',
      ],
      [
        'the maker hears of a second device',
        "(refusal === 'spent' || refusal === 'swapped')",
        "refusal === 'swapped'",
      ],
      [
        'the maker hears of a swapped key',
        "(refusal === 'spent' || refusal === 'swapped')",
        "refusal === 'spent'",
      ],
    ],
  ),
  ...breaks(
    `${pairing}redeem.ts`,
    [device, words],
    [
      [
        'a known key is told before words are compared',
        "return (await isKnownKey(transaction, thumbprintOf(request.key))) ? 'known_key' : undefined",
        'return undefined',
      ],
    ],
  ),
  ...breaks(`${pairing}redeem.ts`, account, [
    [
      'a chat account’s code is none for devices',
      'if (pairing === undefined || pairing.channel !== null) return',
      'if (pairing === undefined) return',
    ],
  ]),
  ...breaks(`${pairing}keys.ts`, words, [
    [
      'a key that makes the secret predictable is refused',
      'return diffieHellman({ privateKey, publicKey })',
      'return noSecret(() => diffieHellman({ privateKey, publicKey }))\n    function noSecret(work: () => Buffer) {\n      try {\n        return work()\n      } catch {\n        return Buffer.alloc(32)\n      }\n    }',
    ],
  ]),
  ...breaks(
    `${pairing}phrase.ts`,
    [words, `${pairing}phrase.test.ts`],
    [
      [
        'words hold the device’s keys',
        '...{ v: `${version} phrase`, server, code, commitment, device: plain(device) },',
        '...{ v: `${version} phrase`, server, code, commitment },',
      ],
      [
        'words hold where the device has called',
        '...{ v: `${version} phrase`, server, code,',
        '...{ v: `${version} phrase`, code,',
      ],
      ['words hold the secret of both', "hkdfSync('sha256', shared, '',", "hkdfSync('sha256', '', '',"],
      [
        'a device signs where it has called',
        '{ v: `${version} redeem`, server, code, commitment,',
        '{ v: `${version} redeem`, code, commitment,',
      ],
      [
        'a device signs its own words',
        'code, commitment, device: plain(device) })',
        'code, commitment, device: { key: { ...device.key } } })',
      ],
      [
        'a commitment holds key and nonce',
        '{ v: version, pairing, agreement: { ...agreement }, nonce }',
        '{ v: version, pairing, agreement: { ...agreement } }',
      ],
      [
        'a signature for a token is for one origin',
        "{ v: 'castellan-device-token-1', ...given }",
        "{ v: 'castellan-device-token-1', ...given, server: '' }",
      ],
    ],
  ),
  ...breaks(`${pairing}view.ts`, words, [
    [
      'a yes in time',
      "&& expiresAt.getTime() <= now ? 'expired' : state",
      "&& expiresAt.getTime() <= 0 * now ? 'expired' : state",
    ],
  ]),
  ...breaks(
    `${pairing}codes.ts`,
    [code, words],
    [
      ['a code is made after a factor just shown', 'await options.requireFresh(identity)\n', ''],
      [
        'the owner alone pairs for others',
        "if (person !== madeBy && identity.role !== 'owner')",
        "if (person !== madeBy && identity.role === 'viewer')",
      ],
      [
        'a pairing is its maker’s',
        'if (pairing !== undefined && pairing.madeBy === person) return pairing',
        'if (pairing !== undefined && person) return pairing',
      ],
      [
        'what is confirmed are the words that were shown',
        'if (phrase !== pairing.phrase)',
        'if (phrase.length > 200)',
      ],
      [
        'a pairing is answered once',
        "refuseUnless(pairing, ['compare'], options.now())",
        "refuseUnless(pairing, ['compare', 'paired', 'denied'], options.now())",
      ],
      [
        'words that differ end the code',
        "await endPairing(tenant, transaction, id, { state: 'denied' })",
        '',
      ],
      ['words that differ are told', 'if (compared) await warn(options, tenant, transaction, pairing)', ''],
      [
        'words that differ count as a failure',
        'if (denied.device !== null) await countFailure',
        'if (denied.madeBy === null) await countFailure',
      ],
      ['whom a device acts as is told', 'if (person === madeBy) return\n', 'if (person !== null) return\n'],
      [
        'codes are made for people who may come in',
        'if (!(await isActivePerson(tenant, transaction, person)))',
        'if (person === null)',
      ],
    ],
  ),
  ...breaks(`${pairing}store.ts`, code, [
    [
      'a new code ends the one before',
      "    .set({ state: 'denied' })\n",
      '    .set({ channel: made.channel })\n',
    ],
    [
      'what is compared is decided by one at a time',
      "    .where('tenant_id', '=', tenant)\n    .forUpdate()",
      "    .where('tenant_id', '=', tenant)",
    ],
    [
      'attempts are forgotten after a week',
      'where tenant_id = ${tenant}::uuid and at < ${before}`',
      'where tenant_id = ${tenant}::uuid and at < ${before} and false`',
    ],
  ]),
  ...breaks(`${pairing}devices.ts`, device, [
    ['a nonce is good for a minute', 'const nonceMs = 60_000', 'const nonceMs = 600_000'],
    [
      'a nonce is ours',
      'return isOurs && time !== undefined',
      'return (isOurs || !isOurs) && time !== undefined',
    ],
    [
      'a nonce that ran out is none',
      'expiry === undefined || expiry <= now() || tenant',
      'expiry === undefined || tenant',
    ],
    [
      'a nonce is signed by the device’s key',
      '|| !isSignedBy(found.key, tokenText({ server, device: id, nonce }), proof))',
      ')',
    ],
    [
      'a nonce is used once',
      'if (!(await store.spendNonce(tenant, transaction, spent))) throw unknownDevice()',
      '',
    ],
    [
      'a device’s role that was changed counts at once',
      'if (device.role !== grant.role) return undefined',
      '',
    ],
    [
      'a device is known by its row',
      'if (device === undefined || device.person !== person || device.thumbprint !== grant.jkt) return undefined',
      "if (device === undefined) return { tenant, person, role: grant.role, principal: principalOf(person, grant.role), via: 'device', scopes }",
    ],
    ['a token names the device’s person', 'device.person !== person || ', ''],
    ['a token names the device’s key', ' || device.thumbprint !== grant.jkt', ''],
  ]),
  ...breaks(`${pairing}device-store.ts`, device, [
    ['a revoked device is nobody', "    .where('d.revoked_at', 'is', null)\n", ''],
    ['a device of somebody disabled is nobody', "    .where('p.disabled_at', 'is', null)\n", ''],
    ['one changes one’s own devices', "    .where('person_id', '=', device.person)\n", ''],
    [
      'all devices end with their person',
      '    .set({ revoked_at: at })\n',
      '    .set({ tenant_id: tenant })\n',
    ],
  ]),
  ...breaks(`${pairing}accounts.ts`, account, [
    ['a group is told nothing', 'if (group) return { unknown: { reply: null } }', ''],
    [
      'a paired account is nobody else’s',
      'if (holder !== undefined) {',
      'if (holder !== undefined && code === undefined) {',
    ],
    ['a code is for its channel', 'if (pairing?.channel !== heard.channel)', 'if (pairing === undefined)'],
    ['a code is for one account', 'if (pairing.spentAt !== null) {', 'if (pairing.spentAt === undefined) {'],
    [
      'a code is good for its time',
      "if (pairing.state !== 'open' || pairing.codeExpiresAt.getTime() <= now())",
      "if (pairing.state !== 'open')",
    ],
    [
      'a stranger is not answered for ever',
      "const waitMs = await options.limits.take('pair-reply', `${channel} ${account}`, replyRate)",
      'const waitMs = 0 * replyRate.burst',
    ],
    ['wrong codes of an account are counted', 'await attempt.failed(done.tenant, done.outcome)\n', ''],
    [
      'an id that cannot be kept is nobody’s',
      'if (!isAccountId(account)) return { unknown: { reply: null } }',
      '',
    ],
    [
      'a code that an account sent reaches no agent',
      "return isCode ? { refused: holder, reply: 'This account is paired already.' } : { known: holder }",
      'return isCode || !isCode ? { known: holder } : { known: holder }',
    ],
    ['whom an account acts as is told', 'await raise(transaction, tenant, alert, person)\n', ''],
  ]),
  ...breaks(`${pairing}account-store.ts`, account, [
    ['an account of somebody disabled is a stranger’s', "    .where('p.disabled_at', 'is', null)\n", ''],
    [
      'one unpairs one’s own account',
      'and person_id = ${of.person}::uuid',
      'and (person_id = ${of.person}::uuid or true)',
    ],
  ]),
]
