/** What a model's settings must be before they are stored; each refusal is a `bad_request` that says what to write. */
import { CastellanError, type Provider, type Tier } from '@castellan/contracts'
import { isLocalModel } from './local.ts'
import { providers } from './providers.ts'

/** The base URL to use: the one given, tidied, or the provider's own. */
export function checkBaseUrl(provider: Provider, given: string | undefined): string {
  const url = given ?? providers[provider].baseUrl
  if (url === null)
    throw refused(
      'An openai-compatible model needs a base URL.',
      'For Ollama it is http://127.0.0.1:11434/v1.',
    )
  const parsed = new URL(url)
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '')
    throw refused(
      'The base URL may hold no user name, password, query or fragment.',
      'Give the key by itself.',
    )
  return parsed.href.replace(/\/+$/, '')
}

/** Refuses a `local` tier for a model that is elsewhere: private data is sent on the strength of that word. */
export function checkTier(tier: Tier, baseUrl: string, model: string): void {
  if (tier === 'local' && !isLocalModel(baseUrl, model))
    throw refused('The tier local is for models that run on this machine.', 'Use light, medium or heavy.')
}

/** Refuses the tier `embedding` for a provider that makes none. */
export function checkEmbeds(provider: Provider, tier: Tier): void {
  if (tier === 'embedding' && providers[provider].openEmbedding === null)
    throw refused(`The provider ${provider} makes no embeddings.`, 'Use another provider for this tier.')
}

/** The key without the space that pasting adds; refuses what cannot be a key. */
export function checkKey(key: string): string {
  const trimmed = key.trim()
  if (!/^[\x21-\x7e]{8,}$/.test(trimmed))
    throw refused(
      'The key holds a space, a line break or a letter that no key has.',
      'Copy it again from the provider.',
    )
  return trimmed
}

/** Refuses a provider's own endpoint without a key: it would answer nobody. */
export function checkKeyGiven(provider: Provider, baseUrl: string, key: string | undefined): void {
  const row = providers[provider]
  if (key === undefined && row.needsKey && baseUrl === row.baseUrl)
    throw refused(
      `${new URL(baseUrl).host} answers nobody without a key.`,
      'Give the key that the provider issued.',
    )
}

function refused(message: string, hint: string): CastellanError {
  return new CastellanError('bad_request', message, { hint })
}
