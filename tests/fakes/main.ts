/**
 * `node tests/fakes/main.ts --port N --script FILE`: the fake model providers as a process of their own, so that the
 * server under test can be killed while its provider lives on. Prints its address; `GET /__requests` lists the calls.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadScript } from './script.ts'
import { startFakeModels } from './server.ts'

const { values } = parseArgs({ options: { port: { type: 'string' }, script: { type: 'string' } } })
const respond = values.script === undefined ? undefined : await loadScript(resolve(values.script))
const fake = await startFakeModels(respond, { port: Number(values.port ?? 0) })
console.log(JSON.stringify({ url: fake.url }))
process.once('SIGTERM', () => void fake.close())
