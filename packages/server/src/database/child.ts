/** A short-lived process with rights of its own: gets one order on stdin, answers with one JSON line, and is gone. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CastellanError } from '@castellan/contracts'

/** The last line that the program answers, as JSON. Rejects with `internal`, after `failed`, when it answers none. */
export function askChild(program: URL, order: unknown, failed: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // No environment and no arguments: passwords go through the pipe only.
    const child = spawn(process.execPath, [fileURLToPath(program)], {
      env: {},
      stdio: ['pipe', 'pipe', 'pipe'],
    })
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
        resolve(JSON.parse(answer.trim().split('\n').at(-1) ?? ''))
      } catch {
        const tail = said.trim().split('\n').slice(-5).join('\n')
        reject(new CastellanError('internal', `${failed}:\n${tail}`))
      }
    })
    child.stdin.on('error', () => {})
    child.stdin.end(JSON.stringify(order))
  })
}
