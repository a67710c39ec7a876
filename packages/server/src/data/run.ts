/** Starts the process that owns schema app, hands it one order, and waits for its answer. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type AppliedData, CastellanError } from '@castellan/contracts'
import { Answer, type Order } from './order.ts'

/** Carries the order out. Rejects with `conflict` where another is under way, `database_unavailable`, or `internal`. */
export function runOrder(order: Order): Promise<AppliedData> {
  const program = fileURLToPath(new URL('./apply-child.ts', import.meta.url))
  return new Promise((resolve, reject) => {
    // No environment and no arguments: the password goes through the pipe only.
    const child = spawn(process.execPath, [program], { env: {}, stdio: ['pipe', 'pipe', 'pipe'] })
    let answer = ''
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      answer += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', () => {
      try {
        const result = Answer.parse(JSON.parse(answer.trim().split('\n').at(-1) ?? ''))
        if (!('code' in result)) resolve(result)
        else {
          const hint = result.hint === undefined ? {} : { hint: result.hint }
          reject(new CastellanError(result.code, result.message, hint))
        }
      } catch {
        const tail = said.trim().split('\n').slice(-5).join('\n')
        reject(new CastellanError('internal', `changing the tables failed; nothing was changed:\n${tail}`))
      }
    })
    child.stdin.on('error', () => {})
    child.stdin.end(JSON.stringify(order))
  })
}
