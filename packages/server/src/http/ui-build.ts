/**
 * The child process that builds the UI with vite: `node ui-build.ts WEB_ROOT OUT_DIR`. It is a process of its own so that
 * the memory of a build is gone afterwards. Progress goes to the parent as messages `{ modules }`, failures to stderr.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

interface Vite {
  build(options: object): Promise<unknown>
}

// A parent that was killed wants no result.
const giveUp = () => process.exit(1)
process.on('disconnect', giveUp)

const [webRoot, outDir] = process.argv.slice(2)
if (webRoot === undefined || outDir === undefined) throw new TypeError('usage: ui-build.ts WEB_ROOT OUT_DIR')

// vite belongs to packages/web, so it is looked for from there.
const file = createRequire(join(webRoot, 'package.json')).resolve('vite')
const vite: Vite = await import(pathToFileURL(file).href)

let modules = 0
await vite.build({
  root: webRoot,
  logLevel: 'warn',
  // Loading the configuration natively writes nothing beside it: the clone may be read-only.
  configLoader: 'native',
  build: { outDir, emptyOutDir: true },
  plugins: [
    {
      name: 'castellan-progress',
      moduleParsed() {
        modules++
        if (modules % 50 === 0) process.send?.({ modules })
      },
    },
  ],
})
process.send?.({ modules })
process.off('disconnect', giveUp)
process.disconnect?.()
