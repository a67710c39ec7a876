/** `castellan open`: a new one-time sign-in link, opened in the browser. */
import { NewLink } from '@castellan/contracts'
import type { Command } from 'commander'
import { openBrowser } from '../browser.ts'
import { act, leaf, type Run } from '../command.ts'
import { print, printJson, say } from '../output.ts'

/** Adds `open`. */
export function addOpen(program: Command): void {
  const command = leaf(program, 'open', 'prints a one-time sign-in link and opens it').option(
    '--no-open',
    'only print the link',
  )
  act(command, open)
}

async function open(run: Run, options: { open: boolean }): Promise<void> {
  const client = await run.client()
  const link = await client.send('POST', '/auth/links', undefined, NewLink)
  if (run.json) return printJson(link)
  print(link.url)
  say('it works once, within five minutes')
  if (options.open && process.stdout.isTTY) openBrowser(link.url)
}
