/**
 * The first question a new owner sees. It is a real call through the real gate: pasted text is trusted for nothing, so
 * saving it asks. No model takes part.
 */
import { label } from '@castellan/kernel'
import type { NewInput } from './runs.ts'

const welcome =
  'Castellan keeps your castle: it holds the keys, opens the gate, and writes down what happened. Nothing that comes from elsewhere acts without you.'

/** The message and the thought it leads to. */
export const firstApproval = {
  text: `Save this text, which I copied from elsewhere, as welcome.md:\n\n“${welcome}”`,
  label: label(['owner', 'pasted']),
  thought: {
    kind: 'agent',
    text: 'I would save this as welcome.md. The text was pasted, so I ask you first.',
    model: 'none',
    finish: 'tool_calls',
    toolCalls: [
      { id: 'call_welcome', name: 'file.write', args: { path: 'welcome.md', text: `${welcome}\n` } },
    ],
  },
} as const satisfies Pick<NewInput, 'text' | 'label' | 'thought'>
