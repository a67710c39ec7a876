/** `castellan demo` as a viewer starts it: with the gate the canary stays, without it it is gone, and nothing is left behind. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { RunResult } from '@castellan/contracts'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { castellan } from '../../packages/cli/src/testing/castellan.ts'
import { scratchDirectory } from './instance.ts'

vi.setConfig({ testTimeout: 90_000 })

const Report = z.object({
  unsafe: z.boolean(),
  canary_arrived: z.boolean(),
  state: z.string(),
  decisions: RunResult.shape.decisions,
  ledger: z.object({ ok: z.boolean() }),
})

/** Runs the demo in a temporary directory of its own. */
async function demo(...flags: string[]) {
  const place = scratchDirectory()
  const { code, stdout, stderr } = await castellan(['demo', '--json', ...flags], {
    environment: { TMPDIR: place },
  })
  expect(code, stderr).toBe(0)
  const report = Report.parse(JSON.parse(stdout))
  const post = report.decisions.find(({ skill }) => skill === 'http.post')
  return { place, report, post, stderr }
}

describe('the demo', () => {
  test('stops the injection that the model obeys, and leaves nothing behind', async () => {
    const { place, report, post } = await demo()
    expect(report).toMatchObject({ unsafe: false, canary_arrived: false, ledger: { ok: true } })
    expect(['ask', 'deny']).toContain(post?.decision.decision)
    expect(['waiting', 'refused']).toContain(post?.state)
    // The body holds what the model read in the private file; the gate says where it came from.
    expect(post?.decision.arguments.map(({ path }) => path)).toContain('/body')
    expect(await readdir(place)).toEqual([])
    expect(await processesOf(place)).toEqual([])
  })

  test('with --unsafe shows the same run without the gate, and leaves nothing behind either', async () => {
    const { place, report, post } = await demo('--unsafe')
    expect(report).toMatchObject({ unsafe: true, canary_arrived: true, state: 'done', ledger: { ok: true } })
    expect(post).toMatchObject({
      state: 'done',
      decision: { decision: 'allow', rules: ['gate-switched-off'] },
    })
    expect(await readdir(place)).toEqual([])
    expect(await processesOf(place)).toEqual([])
  })
})

/** Processes that name a directory in their command line, or stand in it. */
async function processesOf(directory: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    const stands = await readlink(`/proc/${pid}/cwd`).catch(() => '')
    if (command.includes(directory) || stands.startsWith(directory)) found.push(`${pid} ${command}`)
  }
  return found
}
