/** `castellan policy` on an instance that runs, and a bad file at its next start. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Health, PolicyCheck, PolicyReplay, PolicyWhy } from '@castellan/contracts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type DigestModel, digestOf, send, startDigestModel } from './digest.ts'
import { type Instance, showWhenFailed, startInstance } from './instance.ts'
import { type Site, startSite } from './site.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 })

let site: Site
let model: DigestModel
let house: Instance
showWhenFailed(() => house)
beforeAll(async () => {
  site = await startSite()
  model = await startDigestModel(site)
  house = await startInstance({ allow: [site.host], unsealed: true })
  await house.addModel('openai-compatible', model.openaiUrl)
})
afterAll(async () => {
  await house?.close()
  await Promise.all([model?.close(), site?.close()])
})

const never =
  '@id("never") @says("Files are never written.")\nforbid (principal, action, resource == Castellan::Skill::"file.write");\n'
const bad = 'permit (principal, action, resource) when { context.unread };\n'
const file = () => join(house.directory, 'policy.cedar')
const said = async (...args: string[]) => JSON.parse((await house.cli([...args, '--json'])).stdout)

test('rules are checked, replayed over what happened, put in force, and explain what they decided', async () => {
  const digest = digestOf(site, 'policy')
  const sent = await send(house, digest.words)
  await house.result(sent.run, 'question')

  await writeFile(join(house.directory, 'other.cedar'), never)
  const other = join(house.directory, 'other.cedar')
  expect(PolicyCheck.parse(await said('policy', 'check', other))).toEqual({
    ok: true,
    findings: [],
    rules: [expect.anything()],
  })
  const replayed = PolicyReplay.parse(await said('policy', 'replay', other, '--days', '1'))
  expect(replayed).toMatchObject({ changed: 1, unknown: 0, cut: false })
  expect(replayed.calls).toBeGreaterThan(1)
  const [change] = replayed.changes
  expect(change).toMatchObject({ skill: 'file.write', was: 'ask', would: 'deny', rules: ['owner:never'] })

  const why = PolicyWhy.parse(await said('policy', 'show', '--why', String(change?.seq)))
  expect(why).toMatchObject({ skill: 'file.write', decision: { decision: 'ask' }, changed_since: false })
  expect(why.otherwise).not.toEqual([])

  expect(await said('policy', 'apply', other)).toEqual({ ok: true, running: true })
  expect(await readFile(file(), 'utf8')).toBe(never)
  const shown = await house.cli(['policy', 'show'])
  expect(shown.stdout).toContain('Files are never written.')
  const later = PolicyWhy.parse(await said('policy', 'show', '--why', String(change?.seq)))
  expect(later).toMatchObject({ changed_since: true, otherwise: [] })
  const { rows } = await said('ledger', 'tail')
  expect(rows.map((row: { skill: string }) => row.skill)).toContain('policy.changed')
})

test('a bad file is refused everywhere and the last good rules stay, also over a restart', async () => {
  await writeFile(join(house.directory, 'bad.cedar'), bad)
  const refused = await house.cli(['policy', 'apply', join(house.directory, 'bad.cedar'), '--json'])
  expect(refused.code).toBe(4)
  expect(await readFile(file(), 'utf8')).toBe(never)

  await writeFile(file(), bad)
  expect((await house.cli(['policy', 'check'])).code).toBe(4)
  await house.stop()
  await house.start()
  expect(house.said()).toContain('stay in force')
  expect((await house.cli(['policy', 'show'])).stdout).toContain('Files are never written.')
  const health = await house.client.get('/api/health', Health)
  expect(health.findings.find(({ id }) => id === 'policy.in-force')).toMatchObject({ severity: 'problem' })
  await writeFile(file(), never)
  expect(await said('policy', 'apply')).toEqual({ ok: true, running: true })
})

test('without an instance, a file is checked and the shipped rules are shown', async () => {
  const checked = await house.cli(['policy', 'check', join(house.directory, 'bad.cedar')])
  expect(checked.code).toBe(4)
  expect(checked.stdout).toContain('bad.cedar:1 owner:policy-1')
  expect((await house.cli(['policy', 'check', '/nowhere.cedar'])).code).toBe(1)
})
