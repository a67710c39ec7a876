import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { policyFile } from './file.ts'
import { readPolicies } from './read.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'castellan-policy-'))
})
afterEach(() => rm(directory, { recursive: true }))

const origins = (engine: Awaited<ReturnType<typeof readPolicies>>) =>
  new Set(engine.policies.map((policy) => policy.origin))

describe('the policies of an instance', () => {
  it('are the shipped ones where the owner has written none', async () => {
    expect(origins(await readPolicies(directory))).toEqual(new Set(['invariant', 'default']))
    expect(origins(await readPolicies(null))).toEqual(new Set(['invariant', 'default']))
  })

  it('include the owner’s file', async () => {
    await writeFile(join(directory, policyFile), 'forbid (principal, action, resource);')
    expect(origins(await readPolicies(directory))).toContain('owner')
  })

  it('are not in force at all while the file cannot be used', async () => {
    await writeFile(join(directory, policyFile), 'forbid (principal, action, resource) when { context.x };')
    await expect(readPolicies(directory)).rejects.toMatchObject({
      code: 'bad_configuration',
      message: expect.stringContaining('policy.cedar:1: owner:policy-1 attribute `x`'),
    })
  })

  it('are not taken for absent when the file cannot be read', async () => {
    await expect(readPolicies(join(directory, 'x\0y'))).rejects.toThrow()
    await writeFile(join(directory, 'file'), '')
    await expect(readPolicies(join(directory, 'file'))).rejects.toThrow()
  })
})
