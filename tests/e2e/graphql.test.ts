/** GraphQL in a real `castellan up`: asked with the local token, its worker gone when the server is, however that ended. */
import { readdirSync, readFileSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Instance, showWhenFailed, startInstance, until } from './instance.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 })

let house: Instance
showWhenFailed(() => house)
beforeAll(async () => {
  house = await startInstance()
})
afterAll(() => house?.close())

async function ask(query: string, headers: Record<string, string> = {}) {
  const { token } = JSON.parse(readFileSync(join(house.directory, 'run/server.json'), 'utf8')) as {
    token: string
  }
  const answer = await fetch(`${house.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ query }),
  })
  return answer.json()
}

/** Processes of the worker of this instance: children of its server. */
function workers(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8')
        const parent = / (\d+) /.exec(readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\) \S/, ''))?.[1]
        return command.includes('graphql/worker/main.ts') && Number(parent) === house.pid
      } catch {
        // It has just ended.
        return false
      }
    })
    .map(Number)
}

test('is answered by a process of its own that was told nothing it does not need', async () => {
  expect(workers()).toEqual([])
  expect(await ask('{ role }')).toEqual({ data: { role: 'owner' } })
  expect(await ask('{ role }', { 'x-hasura-role': 'viewer' })).toEqual({ data: { role: 'viewer' } })
  const [pid] = workers()
  const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .filter((each) => each !== '')
  expect(environment.sort()).toEqual(['GRAPHILE_ENV=production', 'NODE_ENV=production'])
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  expect(command).not.toMatch(/postgres|key|password/i)
  const [socket] = (await readdir(join(house.directory, 'run'))).filter((name) => name.endsWith('.sock'))
  expect((await stat(join(house.directory, 'run', socket ?? 'none'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(house.directory, 'run'))).mode & 0o777).toBe(0o700)
})

test('ends when the server is killed, and is there again after the next start', async () => {
  await ask('{ role }')
  const [pid] = workers()
  await house.kill()
  await until(() => expect(() => process.kill(pid ?? 0, 0)).toThrow())
  await house.start()
  expect(await ask('{ role }')).toEqual({ data: { role: 'owner' } })
  const left = (await readdir(join(house.directory, 'run'))).filter((name) => name.endsWith('.sock'))
  expect(left).toHaveLength(1)
})
