/** `castellan up`: makes an instance where there is none, starts it, says how to get in, stops it cleanly at a signal. */
import { CastellanError, exitCodes } from '@castellan/contracts'
import { createInstance, holdInstance, isVacant, openInstance } from '@castellan/server/instance'
import { type Command, InvalidArgumentError } from 'commander'
import { openBrowser } from '../browser.ts'
import { act, leaf, type Run } from '../command.ts'
import { fail, print, printJson, say, talkToNobodyIfNeedBe } from '../output.ts'

interface Options {
  readonly port?: number
  readonly open: boolean
}

/** Adds `up`. */
export function addUp(program: Command): void {
  const command = leaf(program, 'up', 'starts the instance, making it where nothing is yet')
    .option('--port <number>', 'the port to listen on; 0 is any free one', portNumber)
    .option('--no-open', 'do not open the page in a browser')
  act(command, up)
}

function portNumber(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && (port === 0 || (port >= 1024 && port <= 65_535))) return port
  throw new InvalidArgumentError('use a port from 1024 to 65535, or 0 for any free one')
}

async function up(run: Run, options: Options): Promise<number> {
  const began = performance.now()
  const signals = watchSignals()
  talkToNobodyIfNeedBe()
  if (await isVacant(run.directory)) {
    await createInstance(run.directory)
    say(`made an instance in ${run.directory}`)
  }
  const load = options.port === undefined ? {} : { port: options.port }
  const instance = await openInstance(run.directory, load)
  for (const words of [...instance.repairs, ...instance.configuration.warnings]) say(words)
  const hold = await holdInstance(instance)
  try {
    // The house is loaded only here: a mistake in the configuration is answered without waiting for it.
    const { startServer } = await import('@castellan/server/main')
    const fatal = new Promise<Error>((resolve) => {
      signals.onFatal = resolve
    })
    const server = await startServer({
      instance,
      hold,
      tell: say,
      onFatal: (error) => signals.onFatal(error),
    })
    try {
      const link = await firstLink(server)
      announce(run, options, { url: server.url, link, seconds: (performance.now() - began) / 1000 })
      const reason = await Promise.race([signals.first, fatal])
      if (reason instanceof Error) return fail(reason, run.json)
      say('stopping … (again to stop at once)')
      return exitCodes.done
    } finally {
      await server.stop()
      say('stopped')
    }
  } finally {
    await hold.release()
  }
}

/** A link to sign in with; null while ADMIN_PASSWORD is unset, when nobody gets in and the page says so. */
async function firstLink(server: { makeLink(): Promise<{ url: string }> }): Promise<string | null> {
  try {
    return (await server.makeLink()).url
  } catch (error) {
    if (!(error instanceof CastellanError) || error.code !== 'no_admin_password') throw error
    say(`${error.message} Set ADMIN_PASSWORD in .env.secrets and start again.`)
    return null
  }
}

interface Ready {
  readonly url: string
  readonly link: string | null
  readonly seconds: number
}

function announce(run: Run, options: Options, { url, link, seconds }: Ready): void {
  say(`ready in ${seconds.toFixed(1)} s at ${url}`)
  if (run.json) {
    printJson({ ready: true, url, link, pid: process.pid })
    return
  }
  if (link !== null) {
    print(`sign in   ${link}`)
    say('          once, within five minutes; later: castellan open, or ADMIN_PASSWORD')
  }
  say(`password  ADMIN_PASSWORD in ${run.directory}/.env.secrets`)
  say('stop      Ctrl-C')
  if (link !== null && options.open && process.stdout.isTTY) openBrowser(link)
}

/** Two signals closer than this are one, sent to a whole process group and handed on by a parent as well. */
const sameMs = 500

/** The first signal resolves `first`; a later one ends the process at once. */
function watchSignals(): { readonly first: Promise<string>; onFatal: (error: Error) => void } {
  const first = new Promise<string>((resolve) => {
    let at = 0
    const hear = (signal: string) => {
      const now = performance.now()
      if (at === 0) {
        at = now
        resolve(signal)
      } else if (now - at > sameMs) {
        say('stopped at once; what was stored is unharmed')
        process.exit(exitCodes.fault)
      }
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => hear(signal))
  })
  return { first, onFatal: () => {} }
}
