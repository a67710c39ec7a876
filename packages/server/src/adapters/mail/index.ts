/**
 * Sending mail by SMTP (RFC 5321). `smtps:` speaks TLS from the first byte; `smtp:` must be lifted to TLS by STARTTLS before
 * anything is said (RFC 3207), except to a relay on this machine. A certificate that does not fit ends the conversation.
 */
import { isIP } from 'node:net'
import { isLocalName, isLoopbackAddress } from '@castellan/kernel'
import { createTransport } from 'nodemailer'
import type { Letter, SendMail } from '../../people/index.ts'

export interface MailOptions {
  /** `smtp://` or `smtps://`, with user and password where the server wants them. */
  readonly url: string
  /** Whom mail comes from. */
  readonly from: string
  /** Certificates to trust besides the system's, PEM. */
  readonly ca?: string
  /** The address to connect to instead of looking the name up. */
  readonly lookup?: string
}

const timeoutMs = 20_000

/** A way to send mail; each letter is a conversation of its own, so that nothing is kept open in between. */
export function openMail({ url, from, ca, lookup }: MailOptions): SendMail {
  const { protocol, hostname, port, username, password } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const isHere = isLocalName(host) || isLoopbackAddress(host)
  const secure = protocol === 'smtps:'
  const transport = createTransport({
    host: lookup ?? host,
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && !isHere,
    ignoreTLS: false,
    ...(username === ''
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    tls: {
      minVersion: 'TLSv1.2',
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
    },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return async function sendMail({ to, subject, text }: Letter): Promise<void> {
    await transport.sendMail({
      from,
      // As a list of one address: no text of it is read as more.
      to: [{ name: '', address: to }],
      subject,
      text,
      textEncoding: 'quoted-printable',
      headers: { 'auto-submitted': 'auto-generated' },
    })
  }
}
