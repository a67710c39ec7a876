/** How findings are made. An id is stable; `ok` says what was examined and is fine. */
import type { Finding } from '@castellan/contracts'

/** Nothing is wrong with `id`. */
export function ok(id: string, title: string): Finding {
  return { id, severity: 'ok', title, cause: null, fix: null }
}

/** Worth knowing, and no fault. */
export function info(
  id: string,
  title: string,
  cause: string | null = null,
  fix: string | null = null,
): Finding {
  return { id, severity: 'info', title, cause, fix }
}

/** Works, and should be put right. */
export function warning(id: string, title: string, cause: string, fix: string): Finding {
  return { id, severity: 'warning', title, cause, fix }
}

/** Does not work, or is not safe. */
export function problem(id: string, title: string, cause: string, fix: string): Finding {
  return { id, severity: 'problem', title, cause, fix }
}
