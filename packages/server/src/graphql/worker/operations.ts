/**
 * Persisted operations: the documents of `<instance>/db/operations/*.graphql`, each known by the SHA-256 of its text. With
 * `required`, nothing else is answered, but for the owner's own page.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '../refusal.ts'

export interface Operations {
  /** The text to execute; throws a `Refusal`. A hash wins over a text, which must then be the one of that hash. */
  textOf(query: string | undefined, hash: string | undefined, free: boolean): Promise<string>
}

/** How long a hash that is not known stays so before the directory is read again, in milliseconds. */
const patienceMs = 1_000

/** Reads the directory when a hash is asked for that is not known; one that is not there holds no operations. */
export function openOperations(
  directory: string,
  required: boolean,
  now: () => number = Date.now,
): Operations {
  let known = new Map<string, string>()
  let readAt = Number.NEGATIVE_INFINITY
  const find = async (hash: string) => {
    if (!known.has(hash) && now() - readAt >= patienceMs) {
      readAt = now()
      known = await readOperations(directory)
    }
    return known.get(hash)
  }
  return {
    async textOf(query, hash, free) {
      const wanted = hash?.replace(/^sha256:/, '').toLowerCase()
      const asked = wanted ?? (required && query !== undefined ? sha256(query) : undefined)
      if (asked === undefined) {
        if (query === undefined)
          throw new Refusal('bad_request', 'There is no `query`, and no `documentId` either.')
        return query
      }
      const found = await find(asked)
      if (found !== undefined && (query === undefined || query === found)) return found
      if (wanted === undefined && free && query !== undefined) return query
      throw new Refusal(
        'not_persisted',
        'No file of db/operations holds this operation. Add it there, word for word.',
      )
    },
  }
}

async function readOperations(directory: string): Promise<Map<string, string>> {
  const names = await readdir(directory).catch(() => [])
  const files = names.filter((name) => name.endsWith('.graphql'))
  const texts = await Promise.all(files.map((name) => readFile(join(directory, name), 'utf8')))
  return new Map(texts.map((text) => [sha256(text), text]))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
