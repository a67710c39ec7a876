/** The kernel's decision over the shipped policies, in this process. */
import type { Json, Label } from '@castellan/contracts'
import { type Call, decide, label, ownerLabel } from '@castellan/kernel'
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { readPolicies } from '../packages/server/src/policy/index.ts'
import { type Figure, percentile } from './report.ts'

const rounds = 3_000
const foreign = label(['web:news.example'], 'everyone')
const secret = label(['owner'], ['owner'])

/** What comes out, and a call that it comes out of. `who` differs for every cold call: the engine knows no answer yet. */
const cases: Readonly<Record<'allow' | 'ask' | 'deny', (who: string, text: string, n: number) => Call>> = {
  allow: (who, text, n) => write(who, text, n, ownerLabel),
  ask: (who, text, n) => write(who, text, n, foreign),
  deny: (who, text, n) => ({
    principal: ['owner', who],
    skill: { name: 'model.generate', effect: 'send', roles: { model: 'target', prompt: 'content' } },
    args: { model: 'cloud', prompt: text, n },
    references: { '/prompt': secret },
    reaches: [{ to: { name: 'model:cloud', classes: ['models'] }, what: ['/prompt'] }],
    run: { words: ['Ask the cloud.'], label: secret },
  }),
}

function write(who: string, text: string, n: number, read: Label): Call {
  const args: { [name: string]: Json } = { path: 'notes/today.md', content: text, n }
  return {
    principal: ['owner', who],
    skill: {
      name: 'file.write',
      effect: 'write',
      roles: { path: 'target', content: 'content', n: 'option' },
    },
    args,
    reaches: [],
    run: { words: ['Write a summary of it to notes/today.md, please.'], label: read },
  }
}

/** Each outcome, with arguments of 2 and 10 kB, for questions that were asked before and for new ones. */
export async function decisionRows(): Promise<Figure[]> {
  const { authorize } = await readPolicies(null)
  const floor = bareCedar()
  const rows: Figure[] = []
  for (const kilobytes of [2, 10]) {
    for (const [wanted, callOf] of Object.entries(cases)) {
      for (const memo of ['cold', 'warm'] as const) {
        const samples = measure((n) => {
          const text = `${n} ${'All the news that is fit to print. '.repeat(300)}`.slice(0, kilobytes * 1_000)
          const call = callOf(
            memo === 'cold' ? `agent:${wanted}-${kilobytes}-${n}` : 'agent:default',
            text,
            n,
          )
          return () => {
            const { decision } = decide(call, authorize)
            if (decision !== wanted) throw new Error(`expected ${wanted}, not ${decision}`)
          }
        })
        for (const [mark, share] of [
          ['p50', 0.5],
          ['p99', 0.99],
        ] as const) {
          rows.push({
            ...{ name: `decision ${wanted}, ${kilobytes} kB, ${memo}, ${mark}`, unit: 'ms' },
            value: percentile(samples, share),
            floor: { what: 'one bare call of Cedar', value: percentile(floor, share) },
            ...(mark === 'p99' ? { bar: 1 } : {}),
          })
        }
      }
    }
  }
  return rows
}

function measure(prepare: (n: number) => () => void): number[] {
  const samples: number[] = []
  for (let n = -300; n < rounds; n++) {
    const run = prepare(n)
    const began = performance.now()
    run()
    if (n >= 0) samples.push(performance.now() - began)
  }
  return samples
}

/** One policy that permits everything, no schema, no context. */
function bareCedar(): number[] {
  preparsePolicySet('bench', { staticPolicies: { all: 'permit (principal, action, resource);' } })
  return measure((n) => () => {
    const answer = statefulIsAuthorized({
      principal: { type: 'Principal', id: `p${n}` },
      action: { type: 'Action', id: 'write' },
      resource: { type: 'Skill', id: 'file.write' },
      context: {},
      preparsedPolicySetId: 'bench',
      entities: [],
    })
    if (answer.type !== 'success') throw new Error('Cedar failed')
  })
}
