/** A QR code in the terminal: two rows of it per line, in half blocks, dark on light where the terminal has colours. */
import { styleText } from 'node:util'

const quiet = 2

/** The lines of a code whose rows are `0` and `1`. */
export function qrLines(rows: readonly string[]): string[] {
  const width = rows.length + 2 * quiet
  const side = '0'.repeat(quiet)
  const above = Array.from({ length: quiet }, () => '0'.repeat(width))
  const all = [...above, ...rows.map((row) => side + row + side), ...above]
  if (all.length % 2 === 1) all.push('0'.repeat(width))
  const lines: string[] = []
  for (let at = 0; at < all.length; at += 2) {
    const [upper = '', lower = ''] = [all[at], all[at + 1]]
    const text = [...upper].map((dot, x) => block(dot === '1', lower[x] === '1')).join('')
    lines.push(styleText(['black', 'bgWhiteBright'], text, { stream: process.stderr }))
  }
  return lines
}

function block(upper: boolean, lower: boolean): string {
  if (upper && lower) return '█'
  if (upper) return '▀'
  return lower ? '▄' : ' '
}
