/** Which texts are names of files in the workspace. Anything that could mean a place outside of it is refused, not repaired. */
import { CastellanError } from '@castellan/contracts'

const maxDepth = 32
const maxNameBytes = 200

/**
 * The names on the way to a file, from a relative path with `/`. Refuses (`path_refused`) absolute paths, `.` and `..`,
 * backslashes, control and invisible characters, hidden names and anything too long. `''` is the workspace itself.
 */
export function parsePath(text: string): readonly string[] {
  // One spelling per name: file systems differ in whether é and e + ´ are the same file.
  const path = text.normalize('NFC').replace(/\/$/, '')
  if (path === '' || path === '.') return []
  if (!path.isWellFormed() || /[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(path))
    throw refused('holds characters that a file name here must not hold')
  if (path.startsWith('/') || /^[a-z]:/i.test(path) || path.startsWith('~'))
    throw refused('is not relative to the workspace')
  const names = path.split('/')
  if (names.length > maxDepth) throw refused(`is deeper than ${maxDepth} folders`)
  for (const name of names) {
    if (name === '..') throw refused('leads out of its folder')
    if (name === '') throw refused('has an empty name in it')
    // .git/hooks, .env and their like make other programs act; they are not the agent's to read or write.
    if (name.startsWith('.')) throw refused('names something hidden')
    if (name !== name.trim()) throw refused('has a name that begins or ends with a space')
    if (Buffer.byteLength(name) > maxNameBytes) throw refused(`has a name over ${maxNameBytes} bytes`)
  }
  return names
}

/** The refusal for a path: what is wrong with it, and that nothing was touched. */
export function refused(what: string): CastellanError {
  return new CastellanError('path_refused', `The path ${what}; nothing was touched.`, {
    hint: 'Use a relative path inside the workspace, such as notes/today.md.',
  })
}
