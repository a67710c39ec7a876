/** Errors of the file system in words. */
import { CastellanError } from '@castellan/contracts'

/** Whether an error carries one of these system codes. */
export function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** The `CastellanError` for whatever the file system said; the file that was there before is unharmed. */
export function failureOf(error: unknown): CastellanError {
  if (error instanceof CastellanError) return error
  if (isCode(error, 'ENOSPC', 'EDQUOT'))
    return new CastellanError('outside_failed', 'The disk is full; what was there before is unharmed.', {
      hint: 'Free some space, then try again.',
      cause: error,
    })
  if (isCode(error, 'EACCES', 'EPERM', 'EROFS'))
    return new CastellanError('outside_failed', 'The system does not permit this; nothing was changed.', {
      hint: 'Check who owns the workspace folder and whether it may be written.',
      cause: error,
    })
  return new CastellanError('outside_failed', 'The file system failed; nothing was changed.', {
    hint: 'Look at the health page and the log.',
    cause: error,
  })
}
