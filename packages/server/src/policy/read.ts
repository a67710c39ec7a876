/** The policies of an instance as its files say, for whoever judges without it running: `explain`, the red team. */
import { CastellanError } from '@castellan/contracts'
import { loadPolicies, type PolicyEngine } from './cedar.ts'
import { policyFile, readOwnersRules } from './file.ts'
import type { PolicyProblem } from './parse.ts'

/** Loads them; rejects with `bad_configuration`, one line per problem. Without a directory only the shipped ones count. */
export async function readPolicies(directory: string | null): Promise<PolicyEngine> {
  const loaded = loadPolicies(directory === null ? '' : await readOwnersRules(directory))
  if ('engine' in loaded) return loaded.engine
  throw unusable(loaded.problems)
}

/** What is said of a file that cannot be used. */
export function unusable(problems: readonly PolicyProblem[]): CastellanError {
  const words = problems.map(({ policy, line, message }) => {
    const place = line === null ? policyFile : `${policyFile}:${line}`
    return `${place}: ${policy === null ? '' : `${policy} `}${message}`
  })
  return new CastellanError('bad_configuration', words.join('\n'), {
    hint: `correct ${policyFile}, see castellan policy check; nothing is let through by a policy that cannot be read`,
  })
}
