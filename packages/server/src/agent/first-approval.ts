/**
 * The first question a new owner sees. It is a real call through the real gate: the text was pasted and the file's name is
 * nobody's word, so saving it asks. No model takes part.
 */
import type { NewInput } from './intake.ts'

const words = 'Save this text, which I copied from elsewhere:\n\n'
const welcome =
  'Castellan keeps your castle: it holds the keys, opens the gate, and writes down what happened. Nothing that comes from elsewhere acts without you.'

/** The message and the thought it leads to. */
export const firstApproval = {
  text: `${words}${welcome}`,
  pasted: [{ from: words.length, to: words.length + welcome.length }],
  thought: {
    kind: 'agent',
    text: 'I would save this as welcome.md. You did not name that file, and the text was pasted, so I ask you first.',
    model: 'none',
    finish: 'tool_calls',
    toolCalls: [
      { id: 'call_welcome', name: 'file.write', args: { path: 'welcome.md', text: `${welcome}\n` } },
    ],
  },
} as const satisfies Pick<NewInput, 'text' | 'pasted' | 'thought'>
