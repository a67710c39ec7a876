/** Another program swaps a folder of the workspace for a link while a skill walks through it. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { fileRead, fileWrite } from '../../packages/server/src/skills/files/index.ts'
import { FakeFileLabels } from '../../packages/server/src/skills/files/store.fake.ts'
import { openWorkspaces } from '../../packages/server/src/skills/files/workspaces.ts'
import { callSkill } from '../../packages/server/src/testing/skill-call.ts'

const kept = new FakeFileLabels()
const house = mkdtempSync(join(tmpdir(), 'castellan-race-'))
const workspace = join(house, 'workspace')
const workspaces = openWorkspaces(workspace)
const outside = join(house, 'outside')
mkdirSync(join(workspace, 'folder'), { recursive: true })
mkdirSync(outside)
writeFileSync(join(workspace, 'folder', 'a.md'), 'mine')
writeFileSync(join(outside, 'a.md'), 'canary')

/** Makes `folder` by turns the true folder and a link to the outside, as fast as it can. */
const swapper = `
const fs = require('node:fs')
const [folder, away, outside] = process.argv.slice(2)
const clear = () => fs.rmSync(folder, { recursive: true, force: true })
// A write may have made the folder anew in the gap.
const insist = (act) => { for (;;) try { return act() } catch { clear() } }
process.send('begun')
for (;;) {
  fs.renameSync(folder, away)
  insist(() => fs.symlinkSync(outside, folder))
  fs.unlinkSync(folder)
  insist(() => fs.renameSync(away, folder))
}`
writeFileSync(join(house, 'swap.cjs'), swapper)
const child = fork(join(house, 'swap.cjs'), [join(workspace, 'folder'), join(workspace, 'away'), outside])
await once(child, 'message')
afterAll(async () => {
  child.kill('SIGKILL')
  if (child.exitCode === null) await once(child, 'exit')
  rmSync(house, { recursive: true, force: true })
})

it('reads and writes stay inside whatever the folder is at the moment', async () => {
  const seen = new Set<string>()
  for (let round = 0; round < 1_500; round++) {
    const answer = await callSkill(fileRead(workspaces, kept), { path: 'folder/a.md' }).then(
      ({ branch, value }) => (branch === 'success' ? String((value as { text: string }).text) : branch),
      (error: { code: string }) => error.code,
    )
    seen.add(answer)
    await callSkill(fileWrite(workspaces, kept), {
      path: `folder/${round % 7}.md`,
      text: 'x',
      replace: true,
    }).catch(() => {})
  }
  expect(seen).not.toContain('canary')
  // The race was real: both the true folder and the link were met.
  expect(seen).toContain('mine')
  expect(seen).toContain('path_refused')
  expect(readdirSync(outside)).toEqual(['a.md'])
  expect(readFileSync(join(outside, 'a.md'), 'utf8')).toBe('canary')
})
