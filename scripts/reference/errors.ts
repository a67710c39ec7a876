/** docs/reference/errors.md, made from the registry of error codes. */
import { errorCodes } from '../../packages/contracts/src/errors.ts'
import { table } from './table.ts'

/** The page as Markdown; a test compares it with the committed one. */
export function errorsReference(): string {
  const rows = Object.entries(errorCodes).map(([code, { http, exit, doc }]) => [
    `\`${code}\``,
    String(http),
    String(exit),
    doc,
  ])
  return `# Errors

Made from \`packages/contracts/src/errors.ts\` by \`node scripts/reference.ts\`; do not edit.

A failing HTTP answer carries \`{"error": {"code", "message", "hint"?, "details"?}}\`; with \`--json\` the command line prints the
same. Codes are stable, messages are for people and may change. The exit code is what \`castellan\` ends with.

${table(['code', 'HTTP', 'exit', 'meaning'], rows)}`
}
