/**
 * Tells what was pasted into a terminal from what was typed there: terminals put marks around a paste when they are asked
 * to (bracketed paste), and Node reads them as keys. Where a terminal knows no such marks, a paste looks like typing.
 */
import type { Interface } from 'node:readline/promises'
import type { TextRange } from '@castellan/contracts'

/** What a paste is told by; the marks come as keys of these names. */
interface Key {
  readonly name?: string
}

/** The keyboard, and the screen that is asked for marks. */
export interface Terminal {
  readonly input: NodeJS.EventEmitter
  readonly output: { write(text: string): unknown }
}

/** Shorter pieces are looked for in the line they were pasted into, and not in every later one. */
const tellingCharacters = 4

/** Watches a terminal's lines. */
export class Pastes {
  readonly #terminal: Terminal
  /** Everything pasted so far: a line that is fetched back from the history was pasted all the same. */
  readonly #known = new Set<string>()
  readonly #lines: TextRange[][] = []
  #open = false
  #piece = ''
  #pieces: string[] = []

  constructor(reader: Pick<Interface, 'on'>, terminal: Terminal) {
    this.#terminal = terminal
    terminal.output.write('\x1b[?2004h')
    terminal.input.on('keypress', this.#key)
    // Told before the key that ends the line is.
    reader.on('line', (line) => {
      this.#endPiece()
      this.#lines.push(pastedIn(line, this.#pieces, this.#known))
    })
  }

  /** What was pasted of the next line; to be asked once for each. */
  next(): TextRange[] {
    return this.#lines.shift() ?? []
  }

  /** Asks for no more marks. */
  stop(): void {
    this.#terminal.input.off('keypress', this.#key)
    this.#terminal.output.write('\x1b[?2004l')
  }

  readonly #key = (text: string | undefined, key: Key): void => {
    if (key.name === 'paste-start') this.#open = true
    else if (key.name === 'paste-end') {
      this.#open = false
      this.#endPiece()
    } else if (key.name === 'return' || key.name === 'enter') {
      this.#piece = ''
      this.#pieces = []
    } else if (this.#open) this.#piece += text ?? ''
  }

  #endPiece(): void {
    if (this.#piece.trim() !== '') {
      this.#pieces.push(this.#piece)
      if (this.#piece.length >= tellingCharacters) this.#known.add(this.#piece)
    }
    this.#piece = ''
  }
}

/** Where a line holds what was pasted. A piece that was changed since is anywhere, so then it is the whole line. */
function pastedIn(line: string, pieces: readonly string[], known: ReadonlySet<string>): TextRange[] {
  if (pieces.some((piece) => !line.includes(piece))) return line === '' ? [] : [{ from: 0, to: line.length }]
  const marked = new Array<boolean>(line.length).fill(false)
  for (const piece of new Set([...pieces, ...known])) {
    for (let at = line.indexOf(piece); at !== -1; at = line.indexOf(piece, at + 1))
      marked.fill(true, at, at + piece.length)
  }
  const ranges: TextRange[] = []
  for (const [at, isPasted] of marked.entries()) {
    const last = ranges.at(-1)
    if (isPasted && last?.to === at) last.to = at + 1
    else if (isPasted) ranges.push({ from: at, to: at + 1 })
  }
  return ranges
}
