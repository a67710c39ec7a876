/** A link that somebody hands over: as text to send, and as a QR code for the phone beside the screen. */
import type { HandedLink } from '@castellan/contracts'
import { encode } from 'uqr'

/** The link with its QR code as rows of `0` and `1`, dark being `1`. */
export function handed(url: string): HandedLink {
  const { data } = encode(url, { ecc: 'M', border: 0 })
  return { url, qr: data.map((row) => row.map((dark) => (dark ? '1' : '0')).join('')) }
}
