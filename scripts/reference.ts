/** Writes the generated pages of docs/reference. */
import { mkdir, writeFile } from 'node:fs/promises'
import { optionsReference } from '../packages/server/src/configuration/reference.ts'
import { commandsReference } from './reference/commands.ts'
import { errorsReference } from './reference/errors.ts'

const directory = new URL('../docs/reference/', import.meta.url)
await mkdir(directory, { recursive: true })
await writeFile(new URL('options.md', directory), optionsReference())
await writeFile(new URL('errors.md', directory), errorsReference())
await writeFile(new URL('cli.md', directory), await commandsReference())
