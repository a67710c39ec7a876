/** Which model a caller gets: pure, given those that are enabled and what the token may ask. */
import { CastellanError, Tier } from '@castellan/contracts'
import type { Model } from '../models/index.ts'
import type { Caller } from './types.ts'

/**
 * The model by its name or a tier. Unlike the agent's choice a tier is exactly that one: what a program asks for is not
 * made dearer. Throws `not_found`, the same for what is not there and what is not this token's, or `bad_request`.
 */
export function pickModel<M extends Model>(
  models: readonly M[],
  { models: allowed }: Pick<Caller, 'models'>,
  wanted: string,
  purpose: 'chat' | 'embedding',
): M {
  const isTier = Tier.safeParse(wanted).success
  const found = models.find((model) =>
    isTier
      ? model.tier === wanted && allowed.includes(wanted)
      : model.name === wanted && mayAsk(allowed, model),
  )
  if (found === undefined) throw unknown(wanted)
  if ((found.tier === 'embedding') !== (purpose === 'embedding')) throw wrongKind(found.name, purpose)
  return found
}

/** Names by which a caller may ask, of models and of tiers that have one. */
export function offered(models: readonly Model[], { models: allowed }: Pick<Caller, 'models'>) {
  const mine = models.filter((model) => mayAsk(allowed, model))
  const tiers = Tier.options.filter(
    (tier) => allowed.includes(tier) && models.some((model) => model.tier === tier),
  )
  return [
    ...mine.map(({ name, createdAt }) => ({ id: name, createdAt })),
    ...tiers.map((tier) => ({ id: tier as string, createdAt: new Date(0) })),
  ]
}

const mayAsk = (allowed: readonly string[], { name, tier }: Model): boolean =>
  allowed.includes(name) || allowed.includes(tier)

function unknown(wanted: string): CastellanError {
  const shown = JSON.stringify(wanted.slice(0, 60))
  return new CastellanError('not_found', `There is no model ${shown}, or this token may not ask it.`, {
    hint: 'GET /v1/models lists what it may ask',
  })
}

function wrongKind(name: string, purpose: 'chat' | 'embedding'): CastellanError {
  const what = purpose === 'chat' ? 'makes embeddings and holds no conversation' : 'makes no embeddings'
  return new CastellanError('bad_request', `The model ${name} ${what}. Nothing was sent.`)
}
