/** What a person calls a provider, and what the server needs to know for it. Pure. */
import type { Provider, Tier } from '@castellan/contracts'

/** One way to add a model. */
export interface Preset {
  id: string
  name: string
  provider: Provider
  /** Null where the provider's own address is used. */
  baseUrl: string | null
  tier: Tier
  key: 'needed' | 'optional' | 'none'
  /** A model's name as that provider writes it, as an example. */
  example: string
  /** Where the key comes from, or what to start. */
  about: string
}

export const presets: readonly [Preset, ...Preset[]] = [
  {
    id: 'anthropic',
    name: 'Anthropic',
    provider: 'anthropic',
    baseUrl: null,
    tier: 'medium',
    key: 'needed',
    example: 'claude-sonnet-4-5',
    about: 'The key comes from console.anthropic.com, under API keys.',
  },
  {
    id: 'openai',
    name: 'OpenAI',
    provider: 'openai',
    baseUrl: null,
    tier: 'medium',
    key: 'needed',
    example: 'gpt-5-mini',
    about: 'The key comes from platform.openai.com, under API keys.',
  },
  {
    id: 'google',
    name: 'Google',
    provider: 'google',
    baseUrl: null,
    tier: 'medium',
    key: 'needed',
    example: 'gemini-2.5-flash',
    about: 'The key comes from aistudio.google.com.',
  },
  {
    id: 'ollama',
    name: 'Ollama',
    provider: 'openai-compatible',
    baseUrl: 'http://localhost:11434/v1',
    tier: 'local',
    key: 'none',
    example: 'llama3.2',
    about: 'It runs on your own machine; what you write stays there. Start it with `ollama serve`.',
  },
  {
    id: 'lm-studio',
    name: 'LM Studio',
    provider: 'openai-compatible',
    baseUrl: 'http://localhost:1234/v1',
    tier: 'local',
    key: 'none',
    example: 'qwen3-8b',
    about: 'It runs on your own machine. Turn on its local server first.',
  },
  {
    id: 'vllm',
    name: 'vLLM',
    provider: 'openai-compatible',
    baseUrl: 'http://localhost:8000/v1',
    tier: 'local',
    key: 'optional',
    example: 'Qwen/Qwen3-8B',
    about: 'Your own server. Use its address if it is another machine.',
  },
  {
    id: 'other',
    name: 'Another, OpenAI-compatible',
    provider: 'openai-compatible',
    baseUrl: 'https://',
    tier: 'medium',
    key: 'optional',
    example: 'the name it expects',
    about: 'Any server that speaks the chat completions API.',
  },
]

/** A name of ours for a model: lower case, digits and dashes, not yet taken. */
export const nameFor = (model: string, taken: readonly string[]): string => {
  const last = model.split('/').at(-1) ?? model
  const base =
    last
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 34) || 'model'
  if (!taken.includes(base)) return base
  for (let n = 2; ; n += 1) if (!taken.includes(`${base}-${n}`)) return `${base}-${n}`
}
