/** The policies of an instance: the shipped ones and the owner's file beside castellan.yaml. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { loadPolicies, type PolicyEngine } from './cedar.ts'

/** The owner's file in an instance directory; it need not exist. */
export const policyFile = 'policy.cedar'

/** Loads them; rejects with `bad_configuration`, one line per problem. Without a directory only the shipped ones count. */
export async function readPolicies(directory: string | null): Promise<PolicyEngine> {
  const loaded = loadPolicies(directory === null ? '' : await ownersText(join(directory, policyFile)))
  if ('engine' in loaded) return loaded.engine
  const words = loaded.problems.map(({ policy, message }) => `${policyFile}: ${policy ?? ''} ${message}`)
  throw new CastellanError('bad_configuration', words.join('\n'), {
    hint: `correct ${policyFile} and start again; nothing is let through by a policy that cannot be read`,
  })
}

async function ownersText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
