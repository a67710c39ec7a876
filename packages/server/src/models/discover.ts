/** Finds model servers on this machine, so that a new owner need not know their addresses. */
import type { Discovered } from '@castellan/contracts'
import * as z from 'zod'
import type { ProviderFetch } from './types.ts'

const timeoutMs = 500
const maxBytes = 1024 * 1024

/** What Ollama answers; `remote_host` marks models that it only passes on to its makers' machines. */
const Tags = z.object({
  models: z.array(z.object({ name: z.string().min(1).max(200), remote_host: z.string().nullish() })),
})

/** The Ollama at an address with the models it runs itself; an empty list when nothing answers there as Ollama does. */
export async function discover(providerFetch: ProviderFetch, ollamaUrl: string): Promise<Discovered> {
  const tags = await readTags(providerFetch, ollamaUrl).catch(() => null)
  const parsed = Tags.safeParse(tags)
  if (!parsed.success) return { servers: [] }
  const models = parsed.data.models.filter((model) => !model.remote_host).map((model) => model.name)
  return { servers: [{ kind: 'ollama', base_url: `${ollamaUrl}/v1`, models }] }
}

async function readTags(providerFetch: ProviderFetch, ollamaUrl: string): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await providerFetch(ollamaUrl)(`${ollamaUrl}/api/tags`, { signal })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) return null
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
