/** Ways to break limits and callers: who is counted, how often they pass, what a caller token reaches and spends. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what stands in other sources, letter by letter.
import type { Break } from './breaks.ts'
import { identityBreaksOf as breaks } from './row.ts'

const server = 'packages/server/src/'
const limits = `${server}limits/`
const callers = `${server}callers/`

/** Of limits, addresses and callers. */
export const callerBreaks: readonly Break[] = [
  ...breaks(`${limits}store.ts`, `${limits}limits.test.ts`, [
    [
      'a clock that was set back gives and takes nothing',
      'least(greatest(r.full_at, now), now + turn * ($4::float8 + 1))',
      'greatest(r.full_at, now)',
    ],
    ['what is refused takes no turn', 'case when wait > 0 then since else since + turn end', 'since + turn'],
    ['who took too much waits', 'greatest(wait, 0) * 1000', '0'],
    ['knocking does not prolong a block', 'case when blocked then l.last_at else now end', 'now'],
    [
      'a block blocks',
      'coalesce(l.blocked_until > now and l.last_at + block > now, false) as blocked',
      'false as blocked',
    ],
  ]),
  ...breaks(`${limits}guard.ts`, `${limits}limits.test.ts`, [
    [
      'of one key one asks at a time',
      '  const known = remembered(id)\n    if (known > 0) return known\n    const waitMs = await ask()',
      '  const waitMs = await ask()',
    ],
  ]),
  ...breaks(`${limits}limits.ts`, `${limits}limits.test.ts`, [
    [
      'keys are stored as hashes',
      "createHash('sha256').update(key).digest()",
      "createHash('sha256').digest() && Buffer.from(key)",
    ],
  ]),
  ...breaks(`${limits}key.ts`, 'identity-limits', [
    ['a household’s IPv6 network counts as one', 'groups.slice(0, 4)', 'groups.slice(0, 8)'],
  ]),
  ...breaks(`${server}http/address.ts`, 'identity-limits', [
    ['X-Forwarded-For is read from proxies alone', 'while (isTrusted(address))', 'while (hops.length > 0)'],
    ['it is read from the right', 'hops.pop()', 'hops.shift()'],
    ['nobody trusts everybody', 'if (Number(bits) === 0)', 'if (Number(bits) < 0)'],
    [
      'this machine is who connects, whoever is forwarded',
      'fromLoopback: isLoopbackAddress(direct)',
      'fromLoopback: isLoopbackAddress(address)',
    ],
  ]),
  ...breaks(`${callers}tokens.ts`, 'identity-callers', [
    ['a header holds one caller token', '/^bearer +(csc_[\\w-]{43})$/i', '/bearer +(csc_[\\w-]{43})/i'],
  ]),
  ...breaks(`${callers}store.ts`, 'identity-callers', [
    [
      'a token that expired is nobody’s',
      "where('expires_at', '>', now)])",
      "where('expires_at', 'is not', null)])",
    ],
  ]),
  ...breaks(`${callers}choice.ts`, 'identity-callers', [
    [
      'a token asks its own models',
      'model.name === wanted && mayAsk(allowed, model)',
      'model.name === wanted',
    ],
    [
      'a token asks its own tiers',
      'model.tier === wanted && allowed.includes(wanted)',
      'model.tier === wanted',
    ],
    [
      'an embedding model holds no conversation',
      "(found.tier === 'embedding') !== (purpose === 'embedding')",
      "purpose === 'embedding' && found.tier !== 'embedding'",
    ],
    [
      'no other model makes vectors',
      "(found.tier === 'embedding') !== (purpose === 'embedding')",
      "purpose === 'chat' && found.tier === 'embedding'",
    ],
    [
      'a token is told of its own models alone',
      'const mine = models.filter((model) => mayAsk(allowed, model))',
      'const mine = models',
    ],
  ]),
  ...breaks(`${callers}v1.ts`, 'identity-callers', [
    [
      'a token has its rate',
      "const waitMs = await limits.take('caller', caller.id, caller)",
      'const waitMs = Math.min(0, caller.burst)',
    ],
    [
      'wrong tokens are counted',
      "const waitMs = await limits.take('caller.wrong-token', limiterKey(c.get('address')), wrongTokens)",
      'const waitMs = 0 as number',
    ],
  ]),
  ...breaks(
    `${callers}call.ts`,
    ['identity-callers', 'identity-caller-secrets'],
    [
      ['a namespace has its budget', 'tokensPerDay: caller.tokensPerDay }', 'tokensPerDay: 1e12 }'],
      ['a token’s calls of a day are one run', 'run: dayOf(caller.id, now),', 'run: request,'],
    ],
  ),
  ...breaks(`${callers}types.ts`, 'identity-callers', [
    [
      'a namespace has an account of its own',
      '`caller:${namespace}`',
      "`caller:${namespace === '' ? '' : 'all'}`",
    ],
  ]),
  ...breaks(`${callers}skill.ts`, 'identity-callers', [
    ['who hangs up pays for what came', 'if (!work.stop.aborted) throw error', 'throw error'],
  ]),
  ...breaks(`${callers}skill.ts`, 'identity-caller-secrets', [
    ['stop words are looked at', '...stops, ', ''],
    ['an answer’s form is looked at', 'JSON.stringify(format ?? {})', "''"],
    ['the words before all are looked at', 'return [system, ...messages', 'return [...messages'],
  ]),
  ...breaks(`${callers}skill.ts`, `${callers}callers.test.ts`, [
    [
      'the ledger has no words of it',
      'return done({ finish, usage: { ...usage } })',
      "return done({ finish: finish + (work.prompt.messages[0]?.text ?? ''), usage: { ...usage } })",
    ],
  ]),
  ...breaks(`${callers}callers.ts`, 'identity-callers', [
    ['revoking ends what is under way here', '      live.revoke(id)\n', ''],
    [
      'a revoked token is nobody’s',
      'await deleteCaller(tenant, transaction, id)',
      '(await loadCallers(tenant, transaction)).find((each) => each.id === id)',
    ],
  ]),
  ...breaks(`${callers}live.ts`, 'identity-callers', [
    [
      'revoking ends what is under way elsewhere',
      '.then((holds) => holds || controller.abort(revoked()))',
      '.then(() => {})',
    ],
  ]),
  ...breaks(`${callers}requests.ts`, 'identity-callers', [
    ['no tools', 'z.array(z.unknown()).max(0, noTools).nullish()', 'z.array(z.unknown()).nullish()'],
    [
      'nothing unknown',
      'export const ChatRequest = z.strictObject({',
      'export const ChatRequest = z.object({',
    ],
    [
      'nothing unknown in what is embedded',
      'export const EmbeddingsRequest = z.strictObject({',
      'export const EmbeddingsRequest = z.object({',
    ],
  ]),
  ...breaks(`${callers}routes.ts`, 'identity-callers', [
    ['a token is made after a factor just shown', "await requireFresh(c.get('identity'))", ''],
  ]),
]
