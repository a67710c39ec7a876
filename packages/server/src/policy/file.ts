/**
 * The owner's file beside castellan.yaml, and a copy of the last one that was put in force. Both are read through one
 * handle, once: what was checked is what is loaded, whatever happens to the file meanwhile.
 */
import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CastellanError, maxPolicyCharacters } from '@castellan/contracts'

/** The owner's file in an instance directory; it need not exist. */
export const policyFile = 'policy.cedar'
/** In the instance's `data/`: what was in force last. */
export const lastGoodFile = 'policy-last-good.cedar'

/** The text of a file of rules; null where there is none. Rejects with `bad_configuration` for a link, or what is too long. */
export async function readRules(path: string): Promise<string | null> {
  // Without O_NONBLOCK, a pipe put in its place would hold the start up for ever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    if (error.code === 'ELOOP') throw unfit('is a link')
    throw error
  })
  if (file === null) return null
  try {
    const found = await file.stat()
    if (!found.isFile()) throw unfit('is no file')
    const bytes = Buffer.alloc(maxPolicyCharacters * 4 + 1)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
    if (bytesRead === bytes.length) throw unfit('is too long')
    return bytes.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Writes the file whole or not at all; a link in its place is replaced, not followed. 0600. */
export async function writeRules(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  await rm(aside, { force: true })
  const file = await open(aside, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
  const directory = await open(dirname(path), constants.O_RDONLY)
  await directory.sync().finally(() => directory.close())
}

/** The owner's rules of an instance; `''` where there are none. */
export async function readOwnersRules(directory: string): Promise<string> {
  return (await readRules(join(directory, policyFile))) ?? ''
}

function unfit(what: string): CastellanError {
  return new CastellanError(
    'bad_configuration',
    `${policyFile} ${what}; rules are read from a real file only`,
    {
      hint: `put the file itself there, at most ${maxPolicyCharacters} characters of text`,
    },
  )
}
