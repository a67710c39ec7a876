/** Which of the configured models is asked: pure, given all of them. */
import { CastellanError, type Tier } from '@castellan/contracts'
import type { Model } from './types.ts'

/** Tiers by nearness. `local` is missing from its own row's rest: it promises that nothing leaves this machine. */
const nearest: { readonly [T in Exclude<Tier, 'local'>]: readonly Tier[] } = {
  light: ['light', 'medium', 'heavy', 'local'],
  medium: ['medium', 'heavy', 'light', 'local'],
  heavy: ['heavy', 'medium', 'light', 'local'],
  embedding: ['embedding'],
}

/**
 * The model for a tier: the first enabled one of it, else of the nearest. Without a tier, as for `medium`. For `local` it is
 * one on this machine, of whatever tier, or none. Throws `no_model`.
 */
export function chooseModel(models: readonly Model[], tier: Tier = 'medium'): Model {
  const enabled = models.filter((model) => model.enabled)
  const fitting = tier === 'local' ? enabled.filter((model) => model.local) : enabled
  const order = tier === 'local' ? (['local', ...nearest.medium] as const) : nearest[tier]
  for (const each of order) {
    const found = fitting.find((model) => model.tier === each)
    if (found !== undefined) return found
  }
  throw noModel(models, enabled, tier)
}

function noModel(models: readonly Model[], enabled: readonly Model[], tier: Tier): CastellanError {
  if (models.length === 0)
    return new CastellanError('no_model', 'No model is configured yet, so nobody can answer.', {
      hint: 'Add one on the Models page, or with `castellan model add`.',
    })
  if (tier === 'embedding')
    return new CastellanError('no_model', 'No enabled model makes embeddings, so nothing was sent.', {
      hint: 'Add one with `castellan model add … --tier embedding`.',
    })
  if (enabled.length === 0)
    return new CastellanError('no_model', 'Every model is disabled, so nobody can answer.', {
      hint: 'Enable one on the Models page, or add another with `castellan model add`.',
    })
  return new CastellanError('no_model', 'No enabled model runs on this machine, so nothing was sent.', {
    hint: 'Add one, for example with Ollama, on the Models page or with `castellan model add`.',
  })
}
