/** The security headers of every answer: pages, JSON, errors, redirects, streams, and what the listener says by itself. */
import { randomBytes } from 'node:crypto'

const permissions = [
  'accelerometer=()',
  'browsing-topics=()',
  'camera=()',
  'display-capture=()',
  'geolocation=()',
  'gyroscope=()',
  'magnetometer=()',
  'microphone=()',
  'midi=()',
  'payment=()',
  'publickey-credentials-get=(self)',
  'serial=()',
  'usb=()',
].join(', ')

const constant = {
  // The old filter that this header steers is itself a hole, so it is switched off.
  'x-xss-protection': '0',
  'x-frame-options': 'SAMEORIGIN',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': permissions,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** A fresh CSP nonce: 128 bits, base64. */
export const newNonce = (): string => randomBytes(16).toString('base64')

/** Names and values for one answer; `secure` adds HSTS. */
export function securityHeaders(nonce: string, secure: boolean): Record<string, string> {
  return {
    ...constant,
    'content-security-policy': contentSecurityPolicy(nonce),
    ...(secure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}

function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    // Mantine sets element styles; an attribute can restyle its own element but loads nothing under img-src below.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join('; ')
}
