/** Whether what is sent to a model stays on this machine. */
import { isLocalUrl, type Reader } from '@castellan/kernel'
import type { Model } from './types.ts'

/**
 * True for an endpoint on a loopback address that does not itself pass the prompt on: Ollama serves models named
 * `…-cloud` and `…:cloud` from its makers' machines through the local port.
 */
export function isLocalModel(baseUrl: string, model: string): boolean {
  return isLocalUrl(baseUrl) && !/[:-]cloud$/i.test(model)
}

/** A model as a reader of what it is sent (DESIGN §3, "Model calls are calls"). */
export function readerOf(model: Pick<Model, 'name' | 'local'>): Reader {
  return { name: `model:${model.name}`, classes: model.local ? ['models', 'models:local'] : ['models'] }
}
