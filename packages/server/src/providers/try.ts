/** Trying a provider out without anybody signing in: what it publishes, and whether it knows this client and its secret. */
import type { ProviderTest } from '@castellan/contracts'
import { homeTenant } from '../database/index.ts'
import { type Client, lookUp, redeem } from './client.ts'
import { clientOf, redirectUriOf, secretName } from './configured.ts'
import { existing } from './setup.ts'
import type { ProvidersOptions } from './types.ts'

interface Finding {
  readonly ok: boolean
  readonly sentence: string
}

/** What could be found out; rejects with `not_found`. */
export async function tryProvider(options: ProvidersOptions, name: string): Promise<ProviderTest> {
  const provider = await existing(options, name)
  const client = clientOf(options, provider)
  if (client === undefined) return { ok: false, findings: [bad('This version does not know this kind.')] }
  const published = await tryDiscovery(client)
  const findings = published.every(({ ok }) => ok)
    ? [...published, await trySecret(options, client)]
    : published
  return { ok: findings.every(({ ok }) => ok), findings: findings.map((each) => ({ ...each })) }
}

async function tryDiscovery(client: Client): Promise<Finding[]> {
  const { row, issuer } = client
  try {
    const { code_challenge_methods_supported: methods } = await lookUp(client)
    if (row.protocol.type === 'oauth') return []
    const found = good(`${issuer} answers, and calls itself that.`)
    const lacks = row.pkce && methods !== undefined && !methods.includes('S256')
    return lacks ? [found, bad('It does not offer PKCE with S256, which is always asked for.')] : [found]
  } catch {
    return [bad(`${issuer} does not answer as an OpenID Connect provider of exactly that name.`)]
  }
}

/** Offers a code that nobody was given: who knows the client refuses the code, who does not refuses the client. */
async function trySecret(options: ProvidersOptions, client: Client): Promise<Finding> {
  const { title, name } = client.provider
  const url = new URL(redirectUriOf(options.url, name))
  const proofs = { state: 'try', nonce: 'try', verifier: 'a-code-that-nobody-was-given-to-try-the-client' }
  url.search = new URLSearchParams({
    code: 'castellan-tries',
    state: proofs.state,
    iss: client.issuer,
  }).toString()
  const given = { url, proofs, now: options.now() }
  if (!(await options.secrets.has(homeTenant, secretName(name)))) return bad('There is no client secret yet.')
  try {
    await options.secrets.spend(homeTenant, secretName(name), (secret) => redeem(client, secret, given))
    return bad(`${title} accepted a code that nobody was given. Do not use it.`)
  } catch (error) {
    return readAnswer(title, error)
  }
}

function readAnswer(title: string, error: unknown): Finding {
  const code = errorCode(error)
  if (/client|unauthorized/i.test(code)) return bad(`${title} does not know this client ID with this secret.`)
  if (/grant|code|verification/i.test(code)) return good(`${title} knows this client ID and secret.`)
  return /^\w*$/.test(code) && code !== ''
    ? good(`${title} answers; whether the secret is right shows at the first sign-in.`)
    : bad(`${title} does not answer where tokens are given out.`)
}

/** The error that was answered: as RFC 6749, section 5.2 has it, or with any status a JSON body that names one. */
function errorCode(error: unknown): string {
  for (
    let each: unknown = error, depth = 0;
    each instanceof Error && depth < 4;
    each = each.cause, depth += 1
  ) {
    const { error: named, code } = each as { error?: unknown; code?: unknown }
    if (typeof named === 'string') return named
    if (code === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE') return 'invalid_client'
    if (code === 'OAUTH_INVALID_RESPONSE' || code === 'OAUTH_RESPONSE_IS_NOT_CONFORM') return 'answered'
  }
  return ''
}

const good = (sentence: string): Finding => ({ ok: true, sentence })
const bad = (sentence: string): Finding => ({ ok: false, sentence })
