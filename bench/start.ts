/** From the command to readiness, and what it all weighs when it has nothing to do. */
import { access, cp, mkdir, readdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import { startChild } from './child.ts'
import type { Cluster } from './cluster.ts'
import { makeCluster } from './cluster.ts'
import { repository, scratch, startHouse, up } from './house.ts'
import { memory, tree } from './machine.ts'
import { type Figure, median } from './report.ts'

/** A new instance: made, its database initialised, ready. */
export async function coldRows(): Promise<Figure[]> {
  const home = await scratch()
  try {
    const clone = await freshClone(home)
    const [bare, hello] = await Promise.all([makeCluster(), helloSeconds()])
    await bare.close()
    const what = 'bare initdb, PostgreSQL and a node server'
    const floor = { what, value: Math.max(bare.seconds, hello) }
    const first = await startOnce(join(home, 'first'), clone)
    await refuseWithoutPages(clone)
    const samples: number[] = []
    for (const name of ['one', 'two', 'three']) samples.push(await startOnce(join(home, name)))
    return [
      {
        ...{ name: 'cold start, pages to be built', value: first, unit: 's', floor },
        note: 'a new clone, nothing compiled, once',
      },
      {
        ...{ name: 'cold start, pages built', value: median(samples), unit: 's', floor },
        note: 'new instance, median of 3',
      },
    ]
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** A start goes on without pages when they cannot be built, and is the sooner ready. */
async function refuseWithoutPages(clone: string): Promise<void> {
  const pages = join(clone, '.cache/web')
  const [built = 'nothing'] = await readdir(pages)
  await access(join(pages, built, 'index.html'))
}

async function startOnce(directory: string, clone = repository): Promise<number> {
  const running = await up(directory, clone)
  await running.stop()
  return running.seconds
}

/** The packages as a clone would have them, with their own caches; what npm installed is linked. */
async function freshClone(home: string): Promise<string> {
  const clone = join(home, 'clone')
  const modules = join(clone, 'node_modules')
  await mkdir(join(modules, '@castellan'), { recursive: true })
  for (const name of ['packages', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    await cp(join(repository, name), join(clone, name), { recursive: true })
  }
  for (const name of await readdir(join(repository, 'node_modules'))) {
    if (name !== '@castellan') await symlink(join(repository, 'node_modules', name), join(modules, name))
  }
  for (const name of await readdir(join(clone, 'packages'))) {
    await symlink(join(clone, 'packages', name), join(modules, '@castellan', name))
  }
  return clone
}

/** An instance that has run before. */
export async function warmRows(cluster: Cluster): Promise<Figure[]> {
  const floors: number[] = []
  for (let n = 0; n < 5; n++) {
    const both = await Promise.all([cluster.restart(), helloSeconds()])
    floors.push(Math.max(...both))
  }
  const home = await scratch()
  await startOnce(join(home, 'home'))
  const samples: number[] = []
  for (let n = 0; n < 5; n++) samples.push(await startOnce(join(home, 'home')))
  await rm(home, { recursive: true, force: true })
  return [
    {
      ...{ name: 'warm start', value: median(samples), unit: 's', bar: 2.5 },
      floor: { what: 'bare PostgreSQL and a node server', value: median(floors) },
      note: `median of 5; ${samples.map((each) => each.toFixed(2)).join(' ')}`,
    },
  ]
}

async function helloSeconds(): Promise<number> {
  const began = performance.now()
  const server = await startChild('floor-server.ts')
  await (await request(server.url)).body.text()
  const seconds = (performance.now() - began) / 1000
  await server.stop()
  return seconds
}

const idleMs = 30_000

/** Memory of all processes when nothing has happened for a while, after one turn. */
export async function memoryRows(cluster: Cluster): Promise<Figure[]> {
  const database = await cluster.superuser('bench_idle')
  await cluster.restart()
  const server = await startChild('floor-server.ts', { database })
  const house = await startHouse()
  try {
    await (await request(server.url, { method: 'POST', body: '{}' })).body.text()
    await house.ended(await house.post(await house.conversation(), 'Hello!'))
    await wait(idleMs)
    const all = tree(house.pid)
    const node = memory([house.pid])
    const value = memory(all)
    const floor = memory([...tree(server.pid), ...tree(cluster.pid)])
    return [
      {
        ...{ name: 'idle memory, all processes', value, unit: 'MB', bar: 350 },
        floor: { what: 'hono + pg on node, bare PostgreSQL', value: floor },
        note: `PSS after 30 s; node ${node.toFixed(0)}, ${all.length - 1} others ${(value - node).toFixed(0)}`,
      },
    ]
  } finally {
    await house.close()
    await server.stop()
  }
}
