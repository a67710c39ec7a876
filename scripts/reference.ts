/** Writes the generated pages of docs/reference. */
import { mkdir, writeFile } from 'node:fs/promises'
import { optionsReference } from '../packages/server/src/configuration/reference.ts'

const directory = new URL('../docs/reference/', import.meta.url)
await mkdir(directory, { recursive: true })
await writeFile(new URL('options.md', directory), optionsReference())
