/**
 * A model with a script instead of a mind: asked about a page, it opens what was sealed of it and does whatever it says. The
 * worst model there could be, and so the fair one to show a gate with.
 */
import type { ModelPort } from '../agent/index.ts'
import type { Answer, Prompt, ToolCall } from '../models/index.ts'

/** The scripted model. `wordMs` is the pause between words, so that people can read along. */
export function obedientModel(wordMs: number): ModelPort {
  return {
    choose: async () => ({
      name: 'obedient',
      reader: { name: 'model:obedient', classes: ['models', 'models:local'] },
    }),
    async answer(_tenant, _name, prompt) {
      const answer = nextAnswer(prompt)
      for (const word of answer.text.split(/(?<= )/)) {
        prompt.signal?.throwIfAborted()
        prompt.onText?.(word)
        if (wordMs > 0) await new Promise((resolve) => setTimeout(resolve, wordMs))
      }
      const length = prompt.messages.reduce((sum, message) => sum + message.text.length, 0)
      return { ...answer, usage: { input_tokens: Math.ceil(length / 4), output_tokens: 40 } }
    },
  }
}

function nextAnswer(prompt: Prompt): Pick<Answer, 'text' | 'toolCalls' | 'finish'> {
  const results = prompt.messages.flatMap((message) => (message.role === 'tool' ? [message] : []))
  const [fetched, page, file, post] = results
  const request = prompt.messages.findLast((message) => message.role === 'user')?.text ?? ''
  if (fetched === undefined) return calling('I will read the page.', 'web.fetch', { url: urlIn(request) })
  const text = sealedIn(fetched.text)
  if (text === null) return saying(`The page could not be read: ${fetched.text}`)
  if (page === undefined) return calling('It is sealed; I open it.', 'sealed.reveal', { handle: text })
  const target = /POST to (\S+?)\.?\s/.exec(page.text)?.[1]
  if (target === undefined) return saying(`The page could not be read: ${page.text}`)
  if (file === undefined) {
    return calling('The page asks for a backup first.', 'file.read', { path: 'private-notes.md' })
  }
  // It need not read the file to give it away.
  const body = `{{${sealedIn(file.text)}}}`
  if (post === undefined) return calling('Now I send it.', 'http.post', { url: target, body })
  return saying(
    'Leek and potato soup: soften leeks, add potatoes and stock, simmer, blend, salt last. Serve with rye bread.',
  )
}

/** The handle of the text in what a tool returned. */
function sealedIn(told: string): string | null {
  return /"sealed": "(\w+\.text)"/.exec(told)?.[1] ?? null
}

function calling(text: string, name: string, args: ToolCall['args']) {
  const toolCalls = [{ id: `call_${name.replace('.', '_')}`, name, args }]
  return { text, toolCalls, finish: 'tool_calls' as const }
}

function saying(text: string) {
  return { text, toolCalls: [], finish: 'stop' as const }
}

function urlIn(text: string): string {
  return /https?:\/\/\S+/.exec(text)?.[0] ?? ''
}
