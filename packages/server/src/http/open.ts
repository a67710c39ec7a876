/**
 * The open list: everything that answers without a session. A route that is not here is guarded, wherever it is mounted;
 * a test enumerates the router against this list.
 */

/**
 * One thing that anybody may ask, and why. `path` is exact but for a segment `:name`, which is any one of a provider's
 * letters; `/*` stands for all pages (see `isPage`).
 */
export interface OpenRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly why: string
  /** Another site sends browsers here by design; what they bring is worth nothing without a cookie made for it. */
  readonly landing?: true
}

/** All that answers without a session. */
export const openRoutes: readonly OpenRoute[] = Object.freeze([
  { method: 'GET', path: '/healthz', why: 'a supervisor asks whether the process lives' },
  { method: 'GET', path: '/readyz', why: 'a supervisor asks whether it can work' },
  { method: 'GET', path: '/metrics', why: 'guarded by METRICS_TOKEN instead' },
  { method: 'GET', path: '/v1/models', why: 'guarded by caller tokens instead' },
  { method: 'POST', path: '/v1/chat/completions', why: 'guarded by caller tokens instead' },
  { method: 'POST', path: '/v1/embeddings', why: 'guarded by caller tokens instead' },
  { method: 'GET', path: '/auth/state', why: 'the sign-in page asks what to show' },
  { method: 'POST', path: '/auth/login', why: 'signs in by password' },
  { method: 'POST', path: '/auth/passkey/options', why: 'asks for a passkey to sign in by' },
  { method: 'POST', path: '/auth/passkey', why: 'signs in by passkey' },
  {
    method: 'POST',
    path: '/auth/second/options',
    why: 'asks for a passkey as second step; guarded by its cookie',
  },
  { method: 'POST', path: '/auth/second', why: 'the second step of a sign-in; guarded by its cookie' },
  { method: 'POST', path: '/auth/link', why: 'signs in by a one-time link' },
  { method: 'POST', path: '/auth/invitations/look', why: 'whoever holds an invitation reads it' },
  { method: 'POST', path: '/auth/invitations/accept', why: 'an invitation makes its person' },
  { method: 'POST', path: '/auth/recover', why: 'who forgot the password cannot sign in to say so' },
  { method: 'POST', path: '/auth/recover/finish', why: 'a mailed link sets a new password' },
  { method: 'POST', path: '/auth/email/confirm', why: 'a new mailbox confirms itself by its link' },
  { method: 'POST', path: '/auth/email/cancel', why: 'an old mailbox takes a change back by its link' },
  {
    method: 'POST',
    path: '/auth/pair/hello',
    why: 'a device that has typed a pairing code asks whose it is',
  },
  {
    method: 'POST',
    path: '/auth/pair/redeem',
    why: 'a device spends a pairing code; a person then compares',
  },
  { method: 'POST', path: '/auth/pair/status', why: 'it waits for that person; guarded by the pairing’s id' },
  { method: 'POST', path: '/auth/device/nonce', why: 'a paired device asks what to sign' },
  { method: 'POST', path: '/auth/device/token', why: 'its signature is its proof' },
  { method: 'GET', path: '/auth/providers/:name/start', why: 'sends the browser to a provider to sign in' },
  {
    method: 'GET',
    path: '/auth/providers/:name/callback',
    why: 'the provider sends it back; guarded by the cookie that start set',
    landing: true,
  },
  {
    method: 'POST',
    path: '/auth/providers/:name/callback',
    why: 'the same from a provider that posts; only turned into a GET',
    landing: true,
  },
  {
    method: 'POST',
    path: '/graphql',
    why: 'asks for itself who sends it: without a session only what the role anonymous may see',
  },
  {
    method: 'GET',
    path: '/auth/authorize',
    why: 'an app sends the browser here; the page that follows asks the person',
    landing: true,
  },
  { method: 'POST', path: '/auth/token', why: 'an app shows a code or a refresh token, and nothing else' },
  { method: 'POST', path: '/auth/revoke', why: 'an app gives its tokens back' },
  { method: 'GET', path: '/.well-known/jwks.json', why: 'public keys' },
  { method: 'GET', path: '/.well-known/oauth-authorization-server', why: 'where the doors of OAuth are' },
  { method: 'GET', path: '/.well-known/apple-app-site-association', why: 'Apple asks which apps are ours' },
  { method: 'GET', path: '/.well-known/assetlinks.json', why: 'Google asks which apps are ours' },
  { method: 'GET', path: '/*', why: 'the static files of the UI, which hold nothing of the owner' },
])

/** First path segments that belong to programs; all others are pages of the UI. */
export const machinePrefixes: readonly string[] = Object.freeze([
  '.well-known',
  'api',
  'auth',
  'graphql',
  'healthz',
  'internal',
  'mcp',
  'metrics',
  'readyz',
  'v1',
  'webhooks',
])

/** Whether a request is for a page or a file of the UI. HEAD counts as GET. */
export function isPage(method: string, path: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const first = path.split('/', 2)[1] ?? ''
  return !machinePrefixes.includes(first)
}

/** Whether a request answers without a session. */
export function isOpen(method: string, path: string): boolean {
  return isPage(method, path) || matching(method, path).length > 0
}

/** Whether a request may come from another site, because that is what the route is for. */
export function isLanding(method: string, path: string): boolean {
  return matching(method, path).some(({ landing }) => landing === true)
}

/** Nearly all are exact, and every request is looked up. */
const exact = Map.groupBy(
  openRoutes.filter(({ path }) => !path.includes(':')),
  ({ method, path }) => `${method} ${path}`,
)
const patterns = openRoutes.filter(({ path }) => path.includes(':'))

function matching(method: string, path: string): readonly OpenRoute[] {
  const asked = method === 'HEAD' ? 'GET' : method
  return (
    exact.get(`${asked} ${path}`) ??
    patterns.filter((route) => route.method === asked && fits(route.path, path))
  )
}

function fits(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  const each = (part: string, at: number) =>
    part.startsWith(':') ? /^[a-z0-9-]+$/.test(given[at] ?? '') : part === given[at]
  return wanted.length === given.length && wanted.every(each)
}
