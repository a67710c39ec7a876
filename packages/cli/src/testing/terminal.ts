/** A person at a terminal: the real command in a pseudo-terminal (made by `script` of util-linux), typed to and read. */
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../bin/castellan.js', import.meta.url))

export interface Terminal {
  /** Types a line. */
  type(line: string): void
  /** Presses Ctrl-C. */
  interrupt(): void
  /** Waits until the screen has shown `words` since the last call; resolves with what was shown up to them. */
  shows(words: string): Promise<string>
  /** Resolves with the exit code. */
  readonly end: Promise<number>
}

const patienceMs = 40_000

/** Starts a command in a terminal of its own. */
export function openTerminal(args: readonly string[]): Terminal {
  const command = [process.execPath, bin, ...args].map((each) => `'${each}'`).join(' ')
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: tmpdir(), TERM: 'dumb', NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let unread = ''
  let isLate = false
  let waiting: (() => void) | undefined
  child.stdout.on('data', (chunk: Buffer) => {
    unread += chunk.toString().replaceAll('\r\n', '\n')
    waiting?.()
  })
  const end = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)))
  const over = end.then((code) => {
    throw new Error(`the command ended with ${code}; unread:\n${unread}`)
  })
  over.catch(() => {})
  return {
    type: (line) => child.stdin.write(`${line}\r`),
    interrupt: () => child.stdin.write('\u0003'),
    async shows(words) {
      const late = setTimeout(() => {
        isLate = true
        waiting?.()
      }, patienceMs)
      while (!unread.includes(words)) {
        if (isLate) throw new Error(`it never showed ${JSON.stringify(words)}; unread:\n${unread}`)
        const more = new Promise<void>((resolve) => {
          waiting = resolve
        })
        await Promise.race([more, over])
      }
      clearTimeout(late)
      const at = unread.indexOf(words) + words.length
      const shown = unread.slice(0, at)
      unread = unread.slice(at)
      return shown
    },
    end,
  }
}
