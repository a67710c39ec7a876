/** Helper programs of the bench as processes of their own, so that their work is not counted as ours. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Child {
  readonly pid: number
  /** What it said first, once it was ready. */
  readonly url: string
  stop(): Promise<void>
}

/** Starts `bench/NAME` with an input of JSON; ready when it has printed its address. */
export async function startChild(name: string, input: object = {}): Promise<Child> {
  const file = fileURLToPath(new URL(name, import.meta.url))
  const child = spawn(process.execPath, [file], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(input))
  const [line] = await Promise.race([once(child.stdout, 'data'), ended(child)])
  return {
    pid: child.pid ?? 0,
    url: String(line).trim(),
    async stop() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function ended(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit')
  throw new Error(`a helper of the bench ended with ${code}`)
}
