/** Words for what goes wrong around a start: a full disk, foreign files, a changed key. */
import { CastellanError } from '@castellan/contracts'

/** The failure when SECRET_KEY_BASE is not the one that this instance's secrets were stored with. */
export function changedKeyBase(): CastellanError {
  return new CastellanError(
    'bad_configuration',
    'SECRET_KEY_BASE is not the one this instance was made with, so its stored secrets cannot be read; nothing was changed',
    { hint: 'put the value from your backup of .env.secrets back, then start again' },
  )
}

const fileCodes: Readonly<Record<string, (path: string) => { message: string; hint: string }>> = {
  ENOSPC: () => ({
    message: 'the disk is full; what was stored before is unharmed',
    hint: 'free some space and start again',
  }),
  EDQUOT: () => ({
    message: 'the disk quota is used up; what was stored before is unharmed',
    hint: 'free some space and start again',
  }),
  EROFS: (path) => ({ message: `${path} is on a read-only file system`, hint: 'choose another --dir' }),
  EACCES: (path) => ({
    message: `${path} may not be used by this user`,
    hint: 'start castellan as the user who owns the instance',
  }),
  EPERM: (path) => ({
    message: `${path} may not be changed by this user`,
    hint: 'start castellan as the user who owns the instance',
  }),
  ENOTDIR: (path) => ({ message: `${path} is not a directory`, hint: 'choose another --dir' }),
  EEXIST: (path) => ({ message: `${path} is in the way`, hint: 'move it away, or choose another --dir' }),
  EMFILE: () => ({ message: 'too many files are open', hint: 'raise the limit (ulimit -n) and start again' }),
}

/** A failure of the system in words; undefined for one that is not known. `CastellanError`s pass unchanged. */
export function inWords(error: unknown): CastellanError | undefined {
  if (error instanceof CastellanError) return error
  if (!(error instanceof Error)) return undefined
  const { code, path } = error as NodeJS.ErrnoException
  // 53100: PostgreSQL's disk_full
  const words = fileCodes[code === '53100' ? 'ENOSPC' : (code ?? '')]?.(path ?? 'a file of the instance')
  if (words === undefined) return inWords(error.cause)
  return new CastellanError('bad_configuration', words.message, { hint: words.hint, cause: error })
}
