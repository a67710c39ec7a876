/** Opens a page in the browser of the person at the terminal, where there is one. */
import { spawn } from 'node:child_process'

/** Tries; a machine without a browser is no failure, the address was printed. */
export function openBrowser(url: string): void {
  const command = process.platform === 'darwin' ? 'open' : 'xdg-open'
  const child = spawn(command, [url], { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}
