/**
 * `node scripts/walk.ts`: the pictures of the walk in docs/guide/walk.md, from a real instance, a real browser and a model
 * that obeys whatever it reads. Look at them before handing a change in.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createInstance } from '@castellan/server/instance'
import { castellan, finished, spawnCastellan } from '../packages/cli/src/testing/castellan.ts'
import { startBrowser } from '../tests/e2e/browser.ts'
import { obey, walk } from '../tests/e2e/walk.ts'
import { startFakeModels } from '../tests/fakes/server.ts'

const target = fileURLToPath(new URL('../docs/guide/', import.meta.url))
const home = await mkdtemp(join(tmpdir(), 'castellan-walk-'))
await chmod(home, 0o711)
const directory = join(home, 'home')
await createInstance(directory)
await writeFile(join(directory, 'workspace/private-notes.md'), 'The spare key is with the Novaks.\n')
const model = await startFakeModels(obey)
const child = spawnCastellan(['up', '--dir', directory, '--port', '0', '--no-open', '--json'])
const end = finished(child)
const browser = await startBrowser()
try {
  const line = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString())),
  )
  const { link, url } = JSON.parse(line) as { link: string; url: string }
  const add = ['model', 'add', 'obedient', '--provider', 'openai-compatible', '--base-url', model.openaiUrl]
  await castellan([...add, '--model', 'obedient', '--dir', directory])
  await mkdir(target, { recursive: true })
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await page.goto(link)
  await page.getByRole('navigation').first().waitFor()
  await walk(page, url, async (name) => {
    await page.screenshot({ path: `${target}walk-${name}.png` })
    console.error(`walk-${name}`)
  })
  // The same in a terminal, for the end of walk.md.
  const row = new URL(page.url()).searchParams.get('row')
  if (row !== null)
    console.error((await castellan(['policy', 'show', '--why', row, '--dir', directory])).stdout)
} finally {
  await browser.close()
  child.kill('SIGINT')
  await end
  await model.close()
  await rm(home, { recursive: true, force: true })
}
