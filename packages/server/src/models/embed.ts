/** One call that makes vectors of texts: the provider's `doEmbed` under the same watch as an answer, failing in the same words. */
import { CastellanError } from '@castellan/contracts'
import { BrokenAnswer } from './broken.ts'
import { failureOf } from './failure.ts'
import { type Connection, estimate } from './generate.ts'
import { providers } from './providers.ts'
import type { Texts, Vectors } from './types.ts'
import { Watch } from './watch.ts'

/** 2,048 vectors of 4,096 numbers in JSON are 180 MB; nobody asks for half of that at once here. */
const maxBytes = 96 * 1024 * 1024
/** A vector longer than any model makes. */
const maxDimensions = 16_384

/** Makes the vectors. Rejects as `streamAnswer` does, and with `bad_request` for a provider that makes none. */
export async function embedTexts({ model, key, fetch }: Connection, texts: Texts): Promise<Vectors> {
  const { openEmbedding } = providers[model.provider]
  if (openEmbedding === null)
    throw new CastellanError('bad_request', `The provider of ${model.name} makes no embeddings.`)
  const silenceMs = texts.timeoutMs ?? 120_000
  const limits = { silenceMs, deadlineMs: 600_000, maxBytes }
  const watch = new Watch({ ...limits, ...(texts.signal && { signal: texts.signal }) })
  try {
    const endpoint = { baseUrl: model.baseUrl, model: model.model, key, fetch: watch.fetch(fetch) }
    const opened = await openEmbedding(endpoint)
    const values = texts.values.map((value) => value.toWellFormed())
    const { dimensions } = texts
    const { embeddings, usage } = await opened.doEmbed({
      values,
      ...(dimensions !== undefined && { dimensions }),
      abortSignal: watch.signal,
    })
    if (embeddings.length !== values.length || !embeddings.every(isVector))
      throw new BrokenAnswer('sent vectors that do not fit the texts')
    return { vectors: embeddings, tokens: counted(usage?.tokens) ?? estimate(values) }
  } catch (error) {
    if (watch.ending === 'stopped') throw texts.signal?.reason ?? error
    throw failureOf(error, { ...model, key, ending: watch.ending, limits })
  } finally {
    watch.close()
  }
}

function isVector(vector: readonly unknown[]): boolean {
  return vector.length > 0 && vector.length <= maxDimensions && vector.every((each) => Number.isFinite(each))
}

function counted(tokens: number | undefined): number | null {
  return tokens !== undefined && Number.isSafeInteger(tokens) && tokens > 0 ? tokens : null
}
