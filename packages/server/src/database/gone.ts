/** Whether an error means that PostgreSQL is away for a moment, so that the work may be tried again. */

const connectionCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'])

/** Connection failures, shutdown and start-up of the server, a full disk (SQLSTATE classes 08, 57P and 53). */
export function isDatabaseGone(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const code = 'code' in each && typeof each.code === 'string' ? each.code : ''
    if (connectionCodes.has(code) && 'syscall' in each) return true
    if (/^08|^57P|^53/.test(code)) return true
    if (
      /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect/.test(
        each.message,
      )
    )
      return true
  }
  return false
}
