/** A real mail server on this machine that keeps what it was given, with or without TLS, for tests of what the house sends. */
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

/** A letter as it came over the wire. */
export interface Received {
  readonly to: readonly string[]
  readonly raw: string
  readonly tls: boolean
}

export type Mailbox = Awaited<ReturnType<typeof openMailbox>>

interface MailboxOptions {
  /** PEM of a certificate; without it the server speaks no TLS at all. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly atOnce: boolean }
  /** Refuses whoever does not say these. */
  readonly login?: { readonly user: string; readonly password: string }
}

/** Opens the server on a free port of 127.0.0.1. */
export async function openMailbox({ tls, login }: MailboxOptions = {}) {
  const received: Received[] = []
  const arrivals = new Set<() => void>()
  const server = new SMTPServer({
    secure: tls?.atOnce ?? false,
    ...(tls === undefined
      ? { disabledCommands: ['STARTTLS', ...(login === undefined ? ['AUTH'] : [])] }
      : tls),
    authOptional: login === undefined,
    ...(tls === undefined ? { allowInsecureAuth: true } : {}),
    onAuth: ({ username, password }, _session, done) =>
      login !== undefined && login.user === username && login.password === password
        ? done(null, { user: username })
        : done(new Error('who are you')),
    async onData(stream, session, done) {
      const raw = await text(stream)
      received.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw, tls: session.secure })
      for (const tell of arrivals) tell()
      done()
    },
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const address = server.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    port,
    received,
    /** The letters to an address, once there are so many. */
    async lettersTo(to: string, count: number): Promise<Received[]> {
      for (;;) {
        const found = received.filter((letter) =>
          letter.to.some((each) => each.toLowerCase() === to.toLowerCase()),
        )
        if (found.length >= count) return found
        await new Promise<void>((resolve) => arrivals.add(resolve))
      }
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

/** The words of a letter, quoted-printable undone. */
export function wordsOf({ raw }: Received): string {
  const body = raw.slice(raw.indexOf('\r\n\r\n'))
  return body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** The link in a letter: where it leads and what its fragment holds. */
export function linkIn(letter: Received): URL {
  const found = /https?:\/\/\S+/.exec(wordsOf(letter))
  if (found === null) throw new Error('the letter holds no link')
  return new URL(found[0])
}
